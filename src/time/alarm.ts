import { List } from "../core/list.js";
import type { Runtime, TimerHandle } from "../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";

/**
 * Waits for an instant that may move: what timers, intervals and delay queues stand on.
 *
 * @remarks The host's timer runs only while somebody waits, so an idle one neither leaks nor keeps the process alive.
 * @internal
 */
export class Alarm<T> implements Source<T> {
  readonly #runtime: Runtime;
  readonly #label: string;
  readonly #take: (now: number) => T;
  readonly #waiters = new List<Waiter<T>>();
  #deadline: number;
  #handle: TimerHandle | undefined = undefined;

  /** `take` makes the value of one wait that ends; it may move the deadline. */
  constructor(runtime: Runtime, label: string, deadline: number, take: (now: number) => T) {
    this.#runtime = runtime;
    this.#label = label;
    this.#deadline = deadline;
    this.#take = take;
  }

  get deadline(): number {
    return this.#deadline;
  }

  moveTo(deadline: number): void {
    this.#deadline = deadline;
    if (this.#waiters.first !== undefined) this.#schedule();
  }

  poll(): T | typeof PENDING {
    const now = this.#runtime.now();
    return now < this.#deadline || this.#waiters.first !== undefined ? PENDING : this.#take(now);
  }

  arm(waiter: Waiter<T>): void {
    this.#waiters.push(waiter);
    if (this.#waiters.first === waiter) this.#schedule();
  }

  disarm(waiter: Waiter<T>): void {
    waiter.unlink();
    if (this.#waiters.first === undefined) this.#handle?.[Symbol.dispose]();
  }

  /** Ends those waits whose waiter brought `payload` along, with `value`. */
  dismiss(payload: unknown, value: T): void {
    let next = this.#waiters.first;
    while (next !== undefined) {
      const waiter = next;
      next = waiter === this.#waiters.last ? undefined : (waiter.next as Waiter<T>);
      if (waiter.payload !== payload) continue;
      this.disarm(waiter);
      waiter.commit(value);
    }
  }

  #schedule(): void {
    const ms = Math.max(0, this.#deadline - this.#runtime.now());
    if (this.#handle !== undefined) this.#handle.reset(ms);
    else {
      this.#handle = this.#runtime.timer(
        ms,
        () => {
          this.#fire();
        },
        this.#label,
      );
    }
  }

  #fire(): void {
    const now = this.#runtime.now();
    while (now >= this.#deadline) {
      const waiter = this.#waiters.shift();
      if (waiter === undefined) return;
      waiter.commit(this.#take(now));
    }
    if (this.#waiters.first !== undefined) this.#schedule();
  }
}
