import { List } from "../core/list.js";
import { DISABLED, PENDING, type Source, type Waiter } from "../core/selectable.js";

/**
 * Counted permits and the queue of those who want some: what semaphore, mutex and read-write lock stand on.
 *
 * @remarks
 * Permits that come back are assigned to the head of the queue at once, however many it wants, so nobody barges past
 * it and a big request never starves. While anybody waits, `available` is therefore 0.
 * @internal
 */
export class PermitQueue {
  available: number;
  isClosed = false;
  private readonly waiters = new List<Waiter<unknown>>();

  constructor(permits: number) {
    this.available = permits;
  }

  /** Takes `count` permits if that many are free and nobody waits. */
  tryTake(count: number): boolean {
    if (this.isClosed || this.waiters.length > 0 || this.available < count) return false;
    this.available -= count;
    return true;
  }

  /** Gives permits to those who wait, in order, and keeps the rest. */
  give(count: number): void {
    this.available += count;
    if (this.waiters.length > 0) this.assign();
  }

  enqueue(waiter: Waiter<unknown>, source: PermitSource<unknown>): void {
    waiter.wanted = source.count;
    waiter.payload = source;
    this.waiters.push(waiter);
    this.assign();
  }

  /** Lets a waiter go; what it had gathered goes to the next. */
  leave(waiter: Waiter<unknown>): void {
    waiter.unlink();
    const { held } = waiter;
    waiter.held = 0;
    this.give(held);
  }

  /** Grants nothing any more; those who wait are told by their sources. */
  close(): void {
    this.isClosed = true;
    for (let waiter = this.waiters.shift(); waiter !== undefined; waiter = this.waiters.shift()) {
      this.available += waiter.held;
      waiter.held = 0;
      sourceOf(waiter).closed(waiter);
    }
  }

  private assign(): void {
    for (let head = this.waiters.first; head !== undefined; head = this.waiters.first) {
      const missing = head.wanted - head.held;
      if (this.available < missing) {
        head.held += this.available;
        this.available = 0;
        return;
      }
      this.available -= missing;
      head.held = 0;
      this.waiters.remove(head);
      head.commit(sourceOf(head).grant(head.wanted));
    }
  }
}

function sourceOf(waiter: Waiter<unknown>): PermitSource<unknown> {
  return waiter.payload as PermitSource<unknown>;
}

/** What becomes of those who wait on a queue that closes: an error, or nothing ever again. */
export type OnClosed = (() => Error) | typeof DISABLED;

/**
 * The wait for `count` permits of a queue, ended with what `grant` makes of them.
 *
 * @internal
 */
export class PermitSource<G> implements Source<G> {
  readonly count: number;
  readonly grant: (count: number) => G;
  private readonly queue: PermitQueue;
  private readonly onClosed: OnClosed;

  constructor(queue: PermitQueue, count: number, grant: (count: number) => G, onClosed: OnClosed = DISABLED) {
    this.queue = queue;
    this.count = count;
    this.grant = grant;
    this.onClosed = onClosed;
  }

  poll(): G | typeof PENDING | typeof DISABLED {
    if (this.queue.tryTake(this.count)) return this.grant(this.count);
    if (!this.queue.isClosed) return PENDING;
    if (this.onClosed === DISABLED) return DISABLED;
    throw this.onClosed();
  }

  arm(waiter: Waiter<G>): void {
    this.queue.enqueue(waiter, this);
  }

  disarm(waiter: Waiter<G>): void {
    this.queue.leave(waiter);
  }

  closed(waiter: Waiter<unknown>): void {
    if (this.onClosed === DISABLED) waiter.disable();
    else waiter.fail(this.onClosed());
  }
}
