import { DONE } from "./done.js";
import type { WaitOptions } from "./wait.js";

/**
 * An async iterator whose wait can be given up: whoever does so learns whether an item was taken.
 *
 * @internal
 */
export interface CancelSafeIterator<T, R = unknown> extends AsyncIterator<T, R> {
  /** The same as `next`, but it rejects once the signal aborts, having taken nothing, or resolves with what it took. */
  "~next"(options: WaitOptions): Promise<IteratorResult<T, R>>;
}

/** @internal */
export function isCancelSafe<T>(iterator: AsyncIterator<T, unknown>): iterator is CancelSafeIterator<T> {
  return "~next" in iterator;
}

/**
 * The iterator over what a function waits for that takes wait options, each made a result by another.
 *
 * @remarks Leaving it ends a pending `next`, which takes nothing then, and every one to come.
 * @internal
 */
export function cancelSafeIterator<W, T>(
  wait: (options: WaitOptions) => Promise<W>,
  toResult: (waited: W) => IteratorResult<T, undefined>,
): CancelSafeIterator<T, undefined> {
  const leaving = new AbortController();
  const unlessLeft = { signal: leaving.signal };
  let isOver = false;
  const next = async (options: WaitOptions): Promise<IteratorResult<T, undefined>> => {
    if (isOver) return DONE;
    try {
      return toResult(await wait(options));
    } catch (error) {
      if (error === DONE) return DONE;
      throw error;
    }
  };
  return {
    next: () => next(unlessLeft),
    "~next": next,
    return: () => {
      isOver = true;
      leaving.abort(DONE);
      return Promise.resolve(DONE);
    },
  };
}
