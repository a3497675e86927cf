import type { Wakeable } from "./runtime.js";

/** Operations that may complete before the event loop must turn. Measured: 256 costs nothing, 128 costs a fifth. */
const perTurn = 256;
/** What is ready without a value needs no promise of its own. */
const nothing: Promise<unknown> = /* @__PURE__ */ Promise.resolve();

/**
 * Counts completed operations; once the budget is spent, further ones queue in order until the loop has turned.
 *
 * @remarks Without it a chain of ready awaits never lets a timer fire: microtasks starve the loop.
 * @internal
 */
export class YieldBudget {
  #left = perTurn;
  #queue: Wakeable[] = [];
  readonly #turn: (fn: () => void) => void;

  constructor(turn: (fn: () => void) => void) {
    this.#turn = turn;
  }

  /** Whether one more operation may complete in this turn. */
  hasBudget(): boolean {
    // Whoever leaves the rest for another time completes nothing, and would not renew the budget by that.
    if (this.#left === 0 && this.#queue.length === 0) void this.#later(undefined);
    return this.#left > 0;
  }

  wake(waiter: Wakeable): void {
    if (this.#left === 0) {
      this.#defer(waiter);
    } else {
      this.#left -= 1;
      waiter.settle();
    }
  }

  ready<T>(value: T): Promise<T> {
    if (this.#left === 0) return this.#later(value);
    this.#left -= 1;
    return value === undefined ? (nothing as Promise<T>) : Promise.resolve(value);
  }

  // A method of its own: no closure in `ready` keeps the compiler from seeing that a box made for it has no `then`.
  #later<T>(value: T): Promise<T> {
    return new Promise((resolve) => {
      this.#defer({
        label: "yield",
        settle: () => {
          resolve(value);
        },
      });
    });
  }

  #defer(waiter: Wakeable): void {
    this.#queue.push(waiter);
    if (this.#queue.length === 1)
      this.#turn(() => {
        this.#release();
      });
  }

  #release(): void {
    const released = this.#queue;
    this.#queue = [];
    this.#left = perTurn;
    for (const waiter of released) waiter.settle();
  }
}
