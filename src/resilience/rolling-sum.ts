import type { Runtime } from "../core/runtime.js";

/** How finely time is cut: what is older than the window goes a tenth of it at a time. */
const slots = 10;

/** Sums of several figures over the last `windowMs`, by slots of a tenth of it. */
export class RollingSum {
  readonly #runtime: Runtime;
  readonly #slotMs: number;
  readonly #figures: number;
  readonly #cells: number[];
  readonly #sums: number[];
  #slot: number;

  constructor(runtime: Runtime, windowMs: number, figures: number) {
    this.#runtime = runtime;
    this.#slotMs = windowMs / slots;
    this.#figures = figures;
    this.#cells = new Array<number>(slots * figures).fill(0);
    this.#sums = new Array<number>(figures).fill(0);
    this.#slot = this.#now();
  }

  add(figure: number, amount: number): void {
    this.#expire();
    const cell = (this.#slot % slots) * this.#figures + figure;
    this.#cells[cell] = (this.#cells[cell] ?? 0) + amount;
    this.#sums[figure] = (this.#sums[figure] ?? 0) + amount;
  }

  sum(figure: number): number {
    this.#expire();
    return this.#sums[figure] ?? 0;
  }

  clear(): void {
    this.#cells.fill(0);
    this.#sums.fill(0);
  }

  #now(): number {
    return Math.floor(this.#runtime.now() / this.#slotMs);
  }

  #expire(): void {
    const now = this.#now();
    if (now - this.#slot >= slots) this.clear();
    else for (let slot = this.#slot + 1; slot <= now; slot += 1) this.#empty(slot % slots);
    this.#slot = Math.max(this.#slot, now);
  }

  #empty(slot: number): void {
    for (let figure = 0; figure < this.#figures; figure += 1) {
      const cell = slot * this.#figures + figure;
      this.#sums[figure] = (this.#sums[figure] ?? 0) - (this.#cells[cell] ?? 0);
      this.#cells[cell] = 0;
    }
  }
}
