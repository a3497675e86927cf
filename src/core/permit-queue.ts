import { List } from "./list.js";
import type { Source, Waiter } from "./selectable.js";
import { tryToEnd } from "./try-to-end.js";

/** A wait for permits of a {@link PermitQueue}: what becomes of it once it has them; polled, it knows of the end. */
export interface PermitWait<R> extends Source<R> {
  /** How many permits it is for. */
  readonly count: number;
  /** Ends the wait of a waiter to which the permits now belong. */
  granted(waiter: Waiter<unknown>): void;
}

/**
 * Counted permits and the queue of those who want some: what channels' slots, semaphores and locks stand on.
 *
 * @remarks
 * While anybody waits, what is free has been gathered by the head of the queue, however much it wants: nobody barges
 * past it, and a big request never starves.
 * @internal
 */
export class PermitQueue extends List<Waiter<unknown>> {
  isClosed = false;
  #free: number;

  constructor(permits: number) {
    super();
    this.#free = permits;
  }

  /** Permits for anybody to take. */
  get available(): number {
    return this.first === undefined ? this.#free : 0;
  }

  /** Takes `count` permits if they are available; none are always. */
  tryTake(count: number): boolean {
    if (this.isClosed || this.available < count) return false;
    this.#free -= count;
    return true;
  }

  /** Gives permits to those who wait, in order, and keeps the rest; a negative count takes available ones away. */
  give(count: number): void {
    this.#free += count;
    while (this.first !== undefined) {
      const head = this.first;
      const wait = head.source as PermitWait<unknown>;
      const rest = this.#free - wait.count;
      if (rest < 0) return;
      // Nothing is free for a loop inside this one: a select that is granted some leaves its other places in the queue.
      this.#free = 0;
      head.unlink();
      wait.granted(head);
      this.#free += rest;
    }
  }

  arm(waiter: Waiter<unknown>): void {
    this.push(waiter);
  }

  /** Lets a waiter go; what it had gathered is the next one's. */
  disarm(waiter: Waiter<unknown>): void {
    waiter.unlink();
    this.give(0);
  }

  /** Grants nothing any more, and refuses those who wait. */
  close(): void {
    this.isClosed = true;
    for (let waiter = this.shift(); waiter !== undefined; waiter = this.shift()) tryToEnd(waiter);
  }
}
