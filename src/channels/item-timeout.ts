import { currentRuntime } from "../core/ambient.js";
import { checkAsyncIterable } from "../core/check-type.js";
import type { CancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import { DONE } from "../core/done.js";
import { Selection } from "./selection.js";
import { Steps } from "./steps.js";
import type { StreamOptions } from "./throttle.js";

/**
 * Iterates over `source`, and throws a `TimeoutError` when an item is not there within `duration` of being asked for.
 *
 * @remarks
 * That leaves nothing: iterating over the result again goes on where it was, with the item that was late. Leaving the
 * loop leaves the source, and closes no receiver.
 * **Cancel safety.** No item is lost to a timeout; of a receiver nothing is taken that was not given.
 * @throws TypeError when `duration` is none.
 *
 * @example
 * ```ts
 * import { itemTimeout, mpsc } from "keelson/channels";
 * import { TimeoutError } from "keelson/core";
 *
 * const [tx, rx] = mpsc.unbounded<string>();
 * const beats = itemTimeout(rx, "5ms");
 * tx.send("alive");
 * await beats.next() // => { done: false, value: "alive" }
 * await beats.next(); // throws TimeoutError
 * tx.send("late");
 * for await (const beat of beats) if (beat === "late") break;
 * ```
 */
export function itemTimeout<T>(
  source: AsyncIterable<T>,
  duration: Duration,
  { runtime = currentRuntime() }: StreamOptions = {},
): AsyncIterableIterator<T> {
  checkAsyncIterable("source", source);
  return new TimedItems(source, toMs(duration), runtime);
}

class TimedItems<T> implements AsyncIterableIterator<T>, CancelSafeIterator<T> {
  private readonly steps: Steps<T>;
  private readonly selection: Selection<IteratorResult<T, undefined>>;
  private readonly timeout: number;
  private last: Promise<unknown> = Promise.resolve();
  private isOver = false;

  constructor(source: AsyncIterable<T>, timeout: number, runtime: Runtime) {
    this.steps = new Steps(source);
    this.timeout = timeout;
    this.selection = new Selection(runtime, (_, step) => step as IteratorResult<T, undefined>, undefined, false);
    this.selection.add("item", this.steps);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this["~next"]();
  }

  "~next"(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    const { timeout } = this;
    const next = this.last.then(() => (this.isOver ? DONE : this.selection.next({ ...options, timeout })));
    this.last = next.catch(() => undefined);
    return next;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.isOver = true;
    this.selection.give(DONE);
    await this.steps.iterator.return?.();
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
