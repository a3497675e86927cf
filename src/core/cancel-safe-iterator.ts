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
 * The iterator over what a function waits for that takes wait options.
 *
 * @internal
 */
export function cancelSafeIterator<T, R>(
  next: (options?: WaitOptions) => Promise<IteratorResult<T, R>>,
): CancelSafeIterator<T, R> {
  return { next: () => next(), "~next": next };
}
