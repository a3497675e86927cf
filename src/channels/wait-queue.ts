import { List } from "../core/list.js";
import { type DISABLED, PENDING, type Source, type Waiter } from "../core/selectable.js";
import { tryToEnd } from "../core/try-to-end.js";

/**
 * Parked waits in the order in which they came: to end one is to take it off the queue and poll its source again.
 *
 * @internal
 */
export class WaitQueue extends List<Waiter<unknown>> {
  /** Ends the waits that are ready to end and leaves the others where they are. */
  serveReady(): void {
    for (let waiter = this.first; waiter !== undefined;) {
      const next = waiter === this.last ? undefined : (waiter.next as Waiter<unknown>);
      tryToEnd(waiter);
      // Ending one wait of a select takes its other waits off this queue, perhaps the next one here.
      waiter = next === undefined || next.list === this ? next : this.first;
    }
  }
}

/**
 * A source whose waits stand in a {@link WaitQueue}.
 *
 * @internal
 */
export abstract class QueuedSource<T> implements Source<T> {
  readonly queue: WaitQueue;

  constructor(queue: WaitQueue) {
    this.queue = queue;
  }

  abstract poll(): T | typeof PENDING | typeof DISABLED;

  /** What a parked wait comes to that is handed `message` by its sender; absent where waits take no message. */
  boxed?(message: unknown): T;

  arm(waiter: Waiter<T>): void {
    this.queue.push(waiter);
  }

  disarm(waiter: Waiter<T>): void {
    waiter.unlink();
  }
}

/**
 * The wait until something holds, such as "the receiver is gone"; whoever makes it hold calls `queue.serveReady()`.
 *
 * @internal
 */
export class Condition extends QueuedSource<void> {
  readonly #holds: () => boolean;

  constructor(holds: () => boolean) {
    super(new WaitQueue());
    this.#holds = holds;
  }

  poll(): undefined | typeof PENDING {
    return this.#holds() ? undefined : PENDING;
  }
}
