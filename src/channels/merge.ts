import { currentRuntime } from "../core/ambient.js";
import { checkAsyncIterable } from "../core/check-type.js";
import type { CancelSafeIterator } from "../core/cancel-safe-iterator.js";
import type { WaitOptions } from "../core/wait.js";
import { sourceOf } from "./select-source.js";
import { Selection } from "./selection.js";
import { DONE } from "../core/done.js";
import { leaveAll } from "./steps.js";

/** What an async iterable of type `S` gives. */
export type ItemOf<S> = S extends AsyncIterable<infer T> ? T : never;

/**
 * Iterates over several async iterables at once, in the order in which their items come; ends when all have ended.
 *
 * @remarks
 * Fair: one that is always ready does not starve the others. From receivers nothing is taken before it is asked for;
 * other iterables are asked for one item ahead. A failure of one leaves the others, and is thrown on at once.
 * **Cancel safety.** Leaving the loop leaves them all and closes no receiver. What other iterables were asked for ahead
 * is dropped then.
 *
 * @example
 * ```ts
 * import { merge, mpsc } from "keelson/channels";
 *
 * const [tx, numbers] = mpsc.unbounded<number>();
 * const [tx2, letters] = mpsc.unbounded<string>();
 * tx.send(1);
 * tx2.send("a");
 * tx.send(2);
 * tx.close();
 * tx2.close();
 * const seen: (number | string)[] = [];
 * for await (const item of merge(numbers, letters)) seen.push(item);
 * seen // => [1, "a", 2]
 * ```
 */
export function merge<S extends readonly AsyncIterable<unknown>[]>(
  ...iterables: S
): AsyncIterableIterator<ItemOf<S[number]>> {
  iterables.forEach((iterable, index) => {
    checkAsyncIterable(`iterables[${index}]`, iterable);
  });
  return new Merged(iterables as readonly AsyncIterable<ItemOf<S[number]>>[]);
}

class Merged<T> implements AsyncIterableIterator<T>, CancelSafeIterator<T> {
  private readonly selection: Selection<IteratorResult<T, undefined>>;
  private readonly iterators: AsyncIterator<T>[] = [];
  private last: Promise<unknown> = Promise.resolve();
  private isOver = false;

  constructor(iterables: readonly AsyncIterable<T>[]) {
    this.selection = new Selection<IteratorResult<T, undefined>>(
      currentRuntime(),
      (_, value) => ({ done: false, value: value as T }),
      { event: DONE },
      true,
    );
    for (const iterable of iterables) {
      const iterator = iterable[Symbol.asyncIterator]();
      this.iterators.push(iterator);
      this.selection.add(undefined, sourceOf(iterator, "iterator"));
    }
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this["~next"]();
  }

  "~next"(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    const next = this.last.then(() => this.step(options));
    this.last = next.catch(() => undefined);
    return next;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.isOver = true;
    this.selection.give(DONE);
    await leaveAll(this.iterators);
    return DONE;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private async step(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    if (this.isOver) return DONE;
    try {
      return await this.selection.next(options);
    } catch (error) {
      this.isOver = true;
      leaveAll(this.iterators).catch(() => undefined); // not waited for: a generator that hangs would never answer
      throw error;
    }
  }
}
