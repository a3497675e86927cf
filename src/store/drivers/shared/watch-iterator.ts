import { type AbortRegistration, type AbortTarget, onAbort } from "../../../core/abort-hub.js";
import { List } from "../../../core/list.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../../../core/selectable.js";
import { wait } from "../../../core/wait.js";
import type { Revision } from "../../key-value.js";
import type { WatchOptions } from "../../state-store.js";
import type { WatchBatch } from "../../watch-batch.js";

type Result = IteratorResult<WatchBatch, undefined>;

/** How a watch ended: with an error, or because its consumer left. */
export type WatchOutcome = { readonly error: unknown } | undefined;

/**
 * The consumer's side of a watch: an iterator that is a source, so that waiting for it is waiting as everywhere else.
 * Where batches come from is the driver's.
 */
export abstract class WatchIterator
  implements AsyncIterableIterator<WatchBatch, undefined>, Source<Result>, AbortTarget
{
  protected readonly runtime: Runtime;
  readonly #progressMs: number;
  readonly #waiters = new List<Waiter<Result>>();
  #ended: { outcome: WatchOutcome } | undefined = undefined;
  #isIterated = false;
  #lastDelivery: number;
  #progressTimer: TimerHandle | undefined = undefined;
  #registration: AbortRegistration | undefined = undefined;

  constructor(runtime: Runtime, { progressMs = 1_000, signal }: WatchOptions) {
    this.runtime = runtime;
    this.#progressMs = progressMs;
    this.#lastDelivery = runtime.now();
    if (signal === undefined) return;
    if (signal.aborted) this.#ended = { outcome: { error: signal.reason } };
    else this.#registration = onAbort(signal, this);
  }

  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  [Symbol.asyncIterator](): this {
    if (this.#isIterated) throw new TypeError("Expected a watch to be iterated once; call `watch` again for another");
    this.#isIterated = true;
    return this;
  }

  next(): Promise<Result> {
    return wait(this.runtime, "store.watch", this);
  }

  return(): Promise<Result> {
    this.end(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  poll(): Result | typeof PENDING {
    const batch = this.#ended === undefined ? this.take() : undefined;
    // Taking may have ended it.
    if (this.#ended !== undefined) return this.#last(this.#ended);
    return batch === undefined ? PENDING : this.#deliver(batch);
  }

  arm(waiter: Waiter<Result>): void {
    this.#waiters.push(waiter);
    const left = Math.max(0, this.#lastDelivery + this.#progressMs - this.runtime.now());
    if (this.#progressTimer === undefined) {
      const fire = (): void => {
        this.#progress();
      };
      this.#progressTimer = this.runtime.timer(left, fire, "store.watch progress");
      this.#progressTimer.unref(); // that the consumer is told how far it is keeps no process alive
    } else {
      this.#progressTimer.reset(left);
    }
  }

  disarm(waiter: Waiter<Result>): void {
    waiter.unlink();
  }

  aborted(reason: unknown): void {
    this.end({ error: reason });
  }

  /** Ends the watch; what it has not delivered is let go. */
  end(outcome: WatchOutcome): void {
    if (this.#ended !== undefined) return;
    this.#ended = { outcome };
    this.#registration?.unlink();
    this.#progressTimer?.[Symbol.dispose]();
    this.letGo();
    this.wake();
  }

  /** The next batch, if there is one; may end the watch. */
  protected abstract take(): WatchBatch | undefined;

  /** What may be reported as progress while nothing waits to be taken; `undefined` if nothing is known for now. */
  protected abstract progressRevision(since: number): Revision | undefined;

  /** Called once, when the watch ends. */
  protected abstract letGo(): void;

  /** Hands what there is to whoever waits. */
  protected wake(): void {
    for (let waiter = this.#waiters.first; waiter !== undefined; waiter = this.#waiters.first) {
      try {
        const result = this.poll();
        if (result === PENDING) return;
        waiter.unlink();
        waiter.commit(result);
      } catch (error) {
        waiter.unlink();
        waiter.fail(error);
      }
    }
  }

  /** Gives the error once; the iterator is done from then on. */
  #last(ended: { outcome: WatchOutcome }): Result {
    const { outcome } = ended;
    ended.outcome = undefined;
    if (outcome !== undefined) throw outcome.error;
    return { done: true, value: undefined };
  }

  #progress(): void {
    const { first } = this.#waiters;
    if (first === undefined) return;
    const revision = this.progressRevision(this.#lastDelivery);
    if (revision !== undefined) {
      first.unlink();
      first.commit(this.#deliver({ type: "progress", revision }));
    }
    if (this.#waiters.first !== undefined) this.#progressTimer?.reset(this.#progressMs);
  }

  #deliver(batch: WatchBatch): Result {
    this.#lastDelivery = this.runtime.now();
    return { done: false, value: batch };
  }
}
