import type { Runtime } from "../core/runtime.js";
import { DISABLED, PENDING, type Selectable } from "../core/selectable.js";
import { wait } from "../core/wait.js";
import { DONE } from "./done.js";
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
  implements AsyncIterableIterator<T, undefined, undefined>, Selectable<T>
{
  /** As a branch of `select` it gives the same, and nothing is lost in a pending `next`. */
  readonly "~source": QueuedSource<T>;
  readonly #runtime: Runtime;
  readonly #label: string;
  #left = false;

  constructor(runtime: Runtime, label: string, source: QueuedSource<T>) {
    super(source.queue);
    this.#runtime = runtime;
    this.#label = label;
    this["~source"] = source;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return wait(this.#runtime, this.#label, this);
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
    if (this.#left) return DONE;
    const value = this["~source"].poll();
    if (value === PENDING) return PENDING;
    return value === DISABLED ? DONE : { done: false, value };
  }

  override boxed(message: unknown): IteratorResult<T, undefined> {
    return { done: false, value: this["~source"].boxed?.(message) as T };
  }
}
