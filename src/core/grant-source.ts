import type { PermitQueue, PermitWait } from "./permit-queue.js";
import { DISABLED, PENDING, type Waiter } from "./selectable.js";

/** What becomes of those who wait on a queue that closes: an error, or nothing ever again. */
export type OnClosed = (() => Error) | typeof DISABLED;

/**
 * The wait for `count` permits of a queue, ended with what `grant` makes of them.
 *
 * @internal
 */
export class GrantSource<G> implements PermitWait<G> {
  readonly count: number;
  readonly grant: (count: number) => G;
  readonly #queue: PermitQueue;
  readonly #onClosed: OnClosed;

  constructor(queue: PermitQueue, count: number, grant: (count: number) => G, onClosed: OnClosed = DISABLED) {
    this.#queue = queue;
    this.count = count;
    this.grant = grant;
    this.#onClosed = onClosed;
  }

  /** The permits, if they are available. */
  take(): G | undefined {
    return this.#queue.tryTake(this.count) ? this.grant(this.count) : undefined;
  }

  poll(): G | typeof PENDING | typeof DISABLED {
    const granted = this.take();
    if (granted !== undefined) return granted;
    if (!this.#queue.isClosed) return PENDING;
    if (this.#onClosed === DISABLED) return DISABLED;
    throw this.#onClosed();
  }

  arm(waiter: Waiter<G>): void {
    this.#queue.push(waiter);
  }

  disarm(waiter: Waiter<G>): void {
    this.#queue.disarm(waiter);
  }

  granted(waiter: Waiter<unknown>): void {
    waiter.commit(this.grant(this.count));
  }
}
