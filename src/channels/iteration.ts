import type { CancelSafeIterator } from "../core/cancel-safe-iterator.js";
import type { Runtime } from "../core/runtime.js";
import { DISABLED, PENDING, type Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { DONE } from "../core/done.js";
import { QueuedSource } from "./wait-queue.js";

/**
 * Iterates over what a source gives, until it gives no more.
 *
 * @remarks
 * Written by hand, since the `return` of an async generator queues behind a pending `next`, and its `yield` swallows
 * messages that have a `then`. Leaving the loop takes a pending `next` off the queue and closes nothing.
 * @internal
 */
export class Iteration<T>
  extends QueuedSource<IteratorResult<T, undefined>>
  implements AsyncIterableIterator<T, undefined, undefined>, CancelSafeIterator<T>, Selectable<T>
{
  /** As a branch of `select` it gives the same, and nothing is lost in a pending `next`. */
  readonly "~source": QueuedSource<T>;
  // A function of its own: smaller, in what every channel brings along, than a method and two members for it.
  readonly "~next": (options?: WaitOptions) => Promise<IteratorResult<T, undefined>>;
  #left = false;

  constructor(runtime: Runtime, label: string, source: QueuedSource<T>) {
    super(source.queue);
    this["~next"] = (options) => wait(runtime, label, this, options);
    this["~source"] = source;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this["~next"]();
  }

  return(): Promise<IteratorReturnResult<undefined>> {
    this.#left = true;
    this.queue.serveReady();
    return Promise.resolve(DONE);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  poll(): IteratorResult<T, undefined> | typeof PENDING {
    const value = this.#left ? DISABLED : this["~source"].poll();
    if (value === PENDING) return PENDING;
    return value === DISABLED ? DONE : { done: false, value };
  }

  override boxed(message: unknown): IteratorResult<T, undefined> {
    return { done: false, value: (this["~source"] as Required<QueuedSource<T>>).boxed(message) };
  }
}
