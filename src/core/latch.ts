import { List } from "./list.js";
import type { DISABLED, PENDING, Source, Waiter } from "./selectable.js";

/**
 * A source for any number of waits that all end together, such as those for a cancellation.
 *
 * @internal
 */
export class Latch<T> implements Source<T> {
  readonly poll: () => T | typeof PENDING | typeof DISABLED;
  readonly #waiters = new List<Waiter<T>>();

  constructor(poll: () => T | typeof PENDING | typeof DISABLED) {
    this.poll = poll;
  }

  arm(waiter: Waiter<T>): void {
    this.#waiters.push(waiter);
  }

  disarm(waiter: Waiter<T>): void {
    waiter.unlink();
  }

  /** Ends every wait there is, in order. */
  open(value: T): void {
    for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) next.commit(value);
  }

  /** Tells every wait there is that it waits for nothing. */
  disable(): void {
    for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) next.disable();
  }
}
