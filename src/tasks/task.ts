import { type AbortRegistration, type AbortTarget, onAbort } from "../core/abort-hub.js";
import { inspectable } from "../core/inspectable.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { List } from "../core/list.js";
import { type OperationContext, isAbortOf, isThenable } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Selectable, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { CancelledError, JoinError } from "./errors.js";

/** What a task's function gets. */
export interface TaskContext extends OperationContext {
  /** Unique within the runtime. */
  readonly id: string;
  /** What it was called when it was spawned. */
  readonly name: string;
}

/** A task's function. */
export type TaskFunction<T> = (task: TaskContext) => T | PromiseLike<T>;

/** A running task, seen from outside; a branch of `select` that waits for its end. */
export interface TaskHandle<T> extends Selectable<T>, Disposable, AsyncDisposable {
  /** Unique within the runtime; made when first read. */
  readonly id: string;
  /** What it was called when it was spawned. */
  readonly name: string;
  /** Whether it has ended, in whatever way. */
  readonly isFinished: boolean;
  /**
   * Waits for its result. It may be joined any number of times.
   *
   * @remarks **Cancel safety.** An abort ends this wait, not the task.
   * @throws JoinError when the task threw or was aborted; the signal's reason, unchanged; TimeoutError.
   */
  join(options?: WaitOptions): Promise<T>;
  /**
   * Asks it to end: aborts its signal, or keeps it from starting at all.
   *
   * @param reason - What its signal says. The default is a {@link CancelledError}.
   */
  abort(reason?: unknown): void;
  /** Aborts it. */
  [Symbol.dispose](): void;
  /** Aborts it and waits until it has ended. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** How a task ended. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly kind: "cancelled" | "failed"; readonly error: unknown };

/** Who cares how a task ends, beside those who join it. */
export interface TaskOwner<T> {
  /** Told once, when the task has ended; `true` when a failure is in good hands. */
  ended(task: Task<T>, outcome: Outcome<T>): boolean;
}

const nextMicrotask: Promise<void> = /* @__PURE__ */ Promise.resolve();

/** A task, to whom its result does not matter. */
export type AnyTask = Pick<Task<unknown>, "abort" | "ended">;

/**
 * What stands behind a {@link TaskHandle}.
 *
 * @internal
 */
export class Task<T> implements TaskHandle<T>, TaskContext, Source<T>, AbortTarget {
  static {
    inspectable(this);
  }

  readonly runtime: Runtime;
  outcome: Outcome<T> | undefined = undefined;
  /** `undefined` once detached. */
  owner: TaskOwner<T> | undefined;
  private readonly body: TaskFunction<T>;
  private readonly givenName: string | undefined;
  private ownId: string | undefined = undefined;
  private link: LinkedSignal | undefined = undefined;
  private cancellation: { readonly reason: unknown } | undefined = undefined;
  private registration: AbortRegistration | undefined = undefined;
  private isJoined = false;
  private waiters: List<Waiter<T>> | undefined = undefined;

  constructor(
    runtime: Runtime,
    run: TaskFunction<T>,
    name: string | undefined,
    signal: AbortSignal | undefined,
    owner: TaskOwner<T> | undefined,
  ) {
    this.runtime = runtime;
    this.givenName = name;
    this.owner = owner;
    this.body = run;
    if (signal?.aborted === true) this.abort(signal.reason);
    else if (signal !== undefined) this.registration = onAbort(signal, this);
  }

  get "~source"(): Source<T> {
    return this;
  }

  get id(): string {
    return (this.ownId ??= this.runtime.id("task"));
  }

  get signal(): AbortSignal {
    if (this.link === undefined) {
      this.link = new LinkedSignal();
      if (this.cancellation !== undefined) this.link.abort(this.cancellation.reason);
    }
    return this.link.signal;
  }

  get name(): string {
    const { name } = this.body;
    return this.givenName ?? (name === "" ? "task" : name);
  }

  get isFinished(): boolean {
    return this.outcome !== undefined;
  }

  join(options?: WaitOptions): Promise<T> {
    const { outcome } = this;
    // The usual case by itself: so short that it is compiled into whoever calls it.
    if (options === undefined && outcome?.ok === true) return this.runtime.ready(outcome.value);
    return wait(this.runtime, "task.join", this, options);
  }

  abort(reason: unknown = new CancelledError(`task "${this.name}"`)): void {
    if (this.cancellation !== undefined || this.outcome !== undefined) return;
    this.cancellation = { reason };
    this.link?.abort(reason);
  }

  aborted(reason: unknown): void {
    this.abort(reason);
  }

  [Symbol.dispose](): void {
    this.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.abort();
    await this.ended();
  }

  /** Waits for its end without joining it: its failure is still reported. */
  async ended(options?: WaitOptions): Promise<void> {
    if (this.outcome !== undefined) return;
    const end: Source<T> = {
      poll: () => PENDING,
      arm: (waiter) => {
        this.arm(waiter);
      },
      disarm: (waiter) => {
        waiter.unlink();
      },
    };
    await wait(this.runtime, "task.ended", end, options).catch((error: unknown) => {
      if (this.outcome === undefined) throw error;
    });
  }

  /** From now on nobody but those who join it cares for it; a failure that nobody has heard of is reported. */
  detach(): void {
    this.owner = undefined;
    if (this.outcome !== undefined) this.reportUnlessJoined(this.outcome);
  }

  /** Lives through the whole task; to be called once, and never rejects. */
  async live(): Promise<void> {
    // An await of its own, and not one for all tasks of a turn, keeps it in the async context of its `spawn`.
    await nextMicrotask;
    let outcome: Outcome<T>;
    try {
      const result = this.begin();
      outcome = { ok: true, value: isThenable(result) ? await result : result };
    } catch (error) {
      outcome = { ok: false, kind: this.isAbort(error) ? "cancelled" : "failed", error };
    }
    this.end(outcome);
  }

  poll(): T | typeof PENDING {
    this.isJoined = true;
    if (this.outcome === undefined) return PENDING;
    if (this.outcome.ok) return this.outcome.value;
    throw this.joinError(this.outcome);
  }

  arm(waiter: Waiter<T>): void {
    this.waiters ??= new List();
    this.waiters.push(waiter);
  }

  disarm(waiter: Waiter<T>): void {
    waiter.unlink();
  }

  joinError({ kind, error }: { readonly kind: "cancelled" | "failed"; readonly error: unknown }): JoinError {
    return new JoinError({ kind, id: this.id, task: this.name, cause: error });
  }

  /** What `console.log` shows of it. */
  protected shown(): readonly [string, object] {
    const { name, isFinished } = this;
    return ["TaskHandle", { name, isFinished, isAborted: this.cancellation !== undefined }];
  }

  private begin(): T | PromiseLike<T> {
    if (this.cancellation !== undefined) throw this.cancellation.reason;
    return this.body(this);
  }

  private isAbort(error: unknown): boolean {
    return this.cancellation !== undefined && isAbortOf(error, this.cancellation.reason);
  }

  private end(outcome: Outcome<T>): void {
    this.outcome = outcome;
    this.registration?.unlink();
    const isOwned = this.owner?.ended(this, outcome) ?? false;
    for (let next = this.waiters?.shift(); next !== undefined; next = this.waiters?.shift()) {
      if (outcome.ok) next.commit(outcome.value);
      else next.fail(this.joinError(outcome));
    }
    if (!isOwned) this.reportUnlessJoined(outcome);
  }

  /** Whoever spawned it gets one more turn to join it. */
  private reportUnlessJoined(outcome: Outcome<T>): void {
    if (outcome.ok || outcome.kind === "cancelled" || this.isJoined) return;
    void this.runtime.yieldNow().then(() => {
      if (!this.isJoined) this.runtime.report(outcome.error, { task: this.name });
    });
  }
}
