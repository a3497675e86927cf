import { type AbortRegistration, type AbortTarget, onAbort } from "../core/abort-hub.js";
import { toMs } from "../core/duration.js";
import { TimeoutError } from "../core/errors.js";
import type { Runtime, TimerHandle, Wakeable } from "../core/runtime.js";
import { DISABLED, PENDING, type Source } from "../core/selectable.js";
import { type WaitOptions, rejection } from "../core/wait.js";
import { type BranchOwner, BranchWaiter } from "./branch-waiter.js";
import { AllBranchesDisabledError } from "./errors.js";
import { QueuedSource } from "./wait-queue.js";

/** What is made of the branch that won. */
export type ToEvent<E> = (name: unknown, value: unknown) => E;

/** What to give when every branch is disabled; absent, the select rejects then. */
export interface Fallback<E> {
  readonly event: E;
}

/** What polling found. */
type Polled<E> = { readonly event: E } | typeof PENDING | typeof DISABLED;

/**
 * The algorithm of `select`: Go's, without the locks.
 *
 * @remarks
 * Poll each branch; if none is ready, park a waiter at each. The first source to commit takes all siblings off their
 * lists before anything else, so nothing is ever taken for a branch that loses.
 * @internal
 */
export class Selection<E> implements Wakeable, AbortTarget, BranchOwner {
  readonly label = "select";
  readonly branches: BranchWaiter[] = [];
  readonly runtime: Runtime;
  /** The index at which the next poll starts. */
  private first = 0;
  /** Whether it starts behind the last winner, so that no branch starves another. */
  private readonly rotates: boolean;
  private readonly toEvent: ToEvent<E>;
  private readonly fallback: Fallback<E> | undefined;
  /** Whether some branch has, or had, to be started. */
  private mayStart = false;
  /** Whether some source may hold for its branch what leaving a list does not give back. */
  private mayHold = false;
  /** Whether branches are being looked at, whose code may run: what ends the wait then does so if nothing is taken. */
  private isAsking = false;
  /** Whether all branches are about to be looked at again. */
  private isJoining = false;
  /** The number of the last arming of branches, or of the next. */
  private round = 1;
  private hasEnded = false;
  private winner: BranchWaiter | undefined = undefined;
  /** What the winner was committed with; without one, what the promise is to be resolved with. */
  private outcome: unknown = undefined;
  private resolve: ((event: E | PromiseLike<E>) => void) | undefined = undefined;
  private registration: AbortRegistration | undefined = undefined;
  private deadline: TimerHandle | undefined = undefined;

  constructor(runtime: Runtime, toEvent: ToEvent<E>, fallback: Fallback<E> | undefined, rotates: boolean) {
    this.runtime = runtime;
    this.rotates = rotates;
    this.toEvent = toEvent;
    this.fallback = fallback;
  }

  /** Whether a wait is going on, or its promise still to be settled. */
  get isBusy(): boolean {
    return this.isAsking || this.resolve !== undefined;
  }

  next(options?: WaitOptions): Promise<E> {
    const signal = options?.signal;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    try {
      const ms = options?.timeout === undefined ? undefined : toMs(options.timeout, "timeout");
      const winner = this.ask();
      if (winner !== PENDING) return this.runtime.ready(winner === DISABLED ? this.otherwise() : winner.event);
      if (ms === 0) throw new TimeoutError(0);
      signal?.throwIfAborted(); // by the code of a branch that was started: no signal aborts twice
      return this.park(signal, ms);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Takes the first value that is ready; `DISABLED` when there is nothing to wait for. */
  poll(): Polled<E> {
    const { branches } = this;
    // The code of iterators runs before anything is polled: it may make other branches ready.
    // And it may put branches in and take some out: whenever one ran, look at all of them again.
    if (this.mayStart) while (branches.some(start));
    let pending = false;
    let next = this.first;
    for (let left = branches.length; left > 0; left -= 1) {
      const branch = branches[next] ?? branches[0];
      next = next < branches.length ? next + 1 : 1;
      if (branch?.isEnabled !== true) continue;
      const value = branch.source.poll();
      branch.isPending = value === PENDING;
      if (value === PENDING) pending = true;
      else if (value !== DISABLED) {
        if (this.rotates) this.first = next;
        const { name, source } = branch;
        return { event: this.toEvent(name, source.finish === undefined ? value : source.finish(value)) };
      }
    }
    return pending ? PENDING : DISABLED;
  }

  /** Adds a branch. */
  add(name: unknown, source: Source<unknown>): BranchWaiter {
    const branch = this.made(name, source);
    this.branches.push(branch);
    this.join();
    return branch;
  }

  /** Puts another source in the place of a branch's. */
  replace(old: BranchWaiter, source: Source<unknown>): void {
    const branch = this.made(old.name, source);
    branch.isEnabled = old.isEnabled;
    this.branches[this.branches.indexOf(old)] = branch;
    this.join();
    this.leave(old);
  }

  /** Removes a branch. */
  remove(branch: BranchWaiter): void {
    this.branches.splice(this.branches.indexOf(branch), 1);
    this.leave(branch);
  }

  /** Lets a wait that is going on look at all branches again, one of which is new. */
  join(): void {
    if (!this.isWaiting || this.isJoining) return;
    const { round } = this;
    this.isJoining = true;
    // In a microtask of its own: polling may run a user's function, which must not run on the caller's stack.
    void Promise.resolve().then(() => {
      if (round === this.round) this.askAgain();
    });
  }

  /** Lets a wait that is going on no longer wait for this branch. */
  leave(branch: BranchWaiter): void {
    if (branch.round !== this.round) return;
    branch.round = 0;
    branch.source.disarm(branch);
    this.oneLess();
  }

  won(branch: BranchWaiter, value: unknown): void {
    this.end(branch, value);
  }

  failed(_branch: BranchWaiter, error: unknown): void {
    this.end(undefined, rejection(error));
  }

  disabled(branch: BranchWaiter): void {
    branch.round = 0;
    this.oneLess();
  }

  aborted(reason: unknown): void {
    this.end(undefined, rejection(reason));
  }

  /** Ends a wait that is going on with an error. */
  cancel(error: unknown): void {
    this.give(rejection(error));
  }

  /** Ends a wait that is going on with an event of the caller's. */
  give(event: E | PromiseLike<E>): void {
    if (this.isAsking || this.isWaiting) this.end(undefined, event);
  }

  settle(): void {
    const { resolve, winner, outcome } = this;
    this.hasEnded = false;
    this.winner = undefined;
    this.outcome = undefined;
    this.resolve = undefined;
    resolve?.(winner === undefined ? (outcome as E) : this.finished(winner, outcome));
  }

  private made(name: unknown, source: Source<unknown>): BranchWaiter {
    const branch = new BranchWaiter(this, name, source);
    if (branch.started !== undefined) this.mayStart = true;
    if (source.disarm !== QueuedSource.prototype.disarm) this.mayHold = true;
    return branch;
  }

  private get isWaiting(): boolean {
    return this.resolve !== undefined && !this.hasEnded;
  }

  private park(signal: AbortSignal | undefined, ms: number | undefined): Promise<E> {
    const promise = new Promise<E>((resolve) => {
      this.resolve = resolve;
    });
    this.runtime.parked?.(this);
    this.arm();
    if (signal !== undefined) this.registration = onAbort(signal, this);
    if (ms !== undefined) {
      const late = (): void => {
        this.end(undefined, rejection(new TimeoutError(ms)));
      };
      this.deadline = this.runtime.timer(ms, late, this.label);
    }
    if (this.outcome !== undefined) this.end(undefined, this.outcome);
    return promise;
  }

  private arm(): void {
    for (const branch of this.branches) {
      if (!branch.isPending) continue;
      branch.round = this.round;
      branch.source.arm(branch);
    }
  }

  /** Polls with nothing parked: what is taken from one branch may make another ready. */
  private ask(): Polled<E> {
    this.isAsking = true;
    this.outcome = undefined;
    try {
      if (this.isWaiting) this.unpark(undefined);
      return this.poll();
    } finally {
      this.isAsking = false;
    }
  }

  private askAgain(): void {
    let outcome: unknown;
    this.isJoining = false;
    try {
      const winner = this.ask();
      if (winner === PENDING) outcome = this.outcome;
      else outcome = winner === DISABLED ? this.otherwise() : winner.event;
    } catch (error) {
      outcome = rejection(error);
    }
    if (outcome === undefined) this.arm();
    else this.end(undefined, outcome);
  }

  private oneLess(): void {
    const { round } = this;
    if (!this.isWaiting || this.isJoining || this.branches.some((branch) => branch.round === round)) return;
    try {
      this.end(undefined, this.otherwise());
    } catch (error) {
      this.end(undefined, rejection(error));
    }
  }

  private otherwise(): E {
    if (this.fallback === undefined) throw new AllBranchesDisabledError();
    return this.fallback.event;
  }

  private end(winner: BranchWaiter | undefined, outcome: unknown): void {
    this.outcome = outcome;
    if (this.isAsking) return;
    this.hasEnded = true;
    this.winner = winner;
    this.isJoining = false;
    this.registration?.unlink();
    this.registration = undefined;
    this.deadline?.[Symbol.dispose]();
    this.deadline = undefined;
    this.unpark(winner);
    this.runtime.wake(this);
  }

  private unpark(winner: BranchWaiter | undefined): void {
    const { round } = this;
    this.round = round + 1;
    // First all of them leave their lists: what one gives back must not be given to another of us.
    let place = 0;
    for (const branch of this.branches) {
      place += 1;
      if (branch === winner && this.rotates) this.first = place;
      if (branch.round === round) branch.unlink();
    }
    if (this.mayHold) this.giveBack(round, winner);
  }

  private giveBack(round: number, winner: BranchWaiter | undefined): void {
    for (const branch of this.branches) {
      if (branch.round === round && branch !== winner) branch.source.disarm(branch);
    }
  }

  private finished({ name, source }: BranchWaiter, value: unknown): E | PromiseLike<E> {
    if (source.finish === undefined) return this.toEvent(name, value);
    return Promise.resolve().then(() => this.toEvent(name, source.finish?.(value)));
  }
}

function start({ isEnabled, started }: BranchWaiter): boolean {
  return started !== undefined && isEnabled && started.start();
}
