/** Where a request stands; the two threads race for it by `compareExchange`, and exactly one of them wins. */
const queued = 0;
const started = 1;
const cancelled = 2;

const perPage = 1_024;

/** The states of requests, in memory that both threads see. It grows by pages, which the worker is told of. */
export class RequestSlots {
  readonly #pages: Int32Array[] = [];
  readonly #free: number[] = [];
  readonly #announce: (memory: SharedArrayBuffer) => void;

  constructor(announce: (memory: SharedArrayBuffer) => void) {
    this.#announce = announce;
  }

  /** A slot for a request that is about to be queued. */
  take(): number {
    if (this.#free.length === 0) this.#grow();
    return this.#free.pop() ?? 0;
  }

  /** Called once the worker is done with the request. */
  release(slot: number): void {
    const { page, index } = placeOf(this.#pages, slot);
    Atomics.store(page, index, queued);
    this.#free.push(slot);
  }

  /** Tells whether the request was still queued: then it never starts. */
  cancel(slot: number): boolean {
    return move(this.#pages, slot, cancelled);
  }

  #grow(): void {
    const memory = new SharedArrayBuffer(perPage * Int32Array.BYTES_PER_ELEMENT);
    const first = this.#pages.length * perPage;
    this.#pages.push(new Int32Array(memory));
    for (let slot = first + perPage - 1; slot >= first; slot -= 1) this.#free.push(slot);
    this.#announce(memory);
  }
}

/** The same states, as the worker sees them. */
export class SharedSlots {
  readonly #pages: Int32Array[] = [];

  add(memory: SharedArrayBuffer): void {
    this.#pages.push(new Int32Array(memory));
  }

  /** Tells whether the request may start: it was not cancelled. */
  start(slot: number): boolean {
    return move(this.#pages, slot, started);
  }
}

function move(pages: readonly Int32Array[], slot: number, to: number): boolean {
  const { page, index } = placeOf(pages, slot);
  return Atomics.compareExchange(page, index, queued, to) === queued;
}

function placeOf(pages: readonly Int32Array[], slot: number): { readonly page: Int32Array; readonly index: number } {
  const page = pages[Math.floor(slot / perPage)];
  if (page === undefined) throw new RangeError(`Expected a slot that exists, got ${slot}`);
  return { page, index: slot % perPage };
}
