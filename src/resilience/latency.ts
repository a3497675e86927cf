/** How many latencies are looked back at, and after how many new ones the quantile is drawn again. */
const kept = 128;
const redrawnAfter = 16;

/** A quantile of the latest latencies. */
export class LatencyQuantile {
  readonly #quantile: number;
  readonly #ring: number[] = [];
  #next = 0;
  #sinceDrawn = 0;
  #value: number;

  constructor(quantile: number, initial: number) {
    this.#quantile = quantile;
    this.#value = initial;
  }

  get value(): number {
    return this.#value;
  }

  add(ms: number): void {
    this.#ring[this.#next] = ms;
    this.#next = (this.#next + 1) % kept;
    this.#sinceDrawn += 1;
    if (this.#sinceDrawn < redrawnAfter) return;
    this.#sinceDrawn = 0;
    const sorted = this.#ring.toSorted((a, b) => a - b);
    this.#value = sorted[Math.ceil(this.#quantile * sorted.length) - 1] ?? this.#value;
  }
}
