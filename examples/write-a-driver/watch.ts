import { type KeyRange, type WatchBatch, type WatchEvent, type WatchOptions, inRange } from "keelson/store";

type Result = IteratorResult<WatchBatch, undefined>;

/** Changes from now on: a queue between the store and one consumer. */
export class Watch implements AsyncIterableIterator<WatchBatch, undefined> {
  readonly #range: KeyRange;
  readonly #prevKv: boolean;
  readonly #left: (watch: Watch) => void;
  readonly #queue: WatchBatch[] = [];
  #waiting: { readonly resolve: (result: Result) => void; readonly reject: (error: unknown) => void } | undefined;
  #isTaken = false;
  #ended: { readonly error: unknown } | "quietly" | undefined;

  constructor(range: KeyRange, { signal, prevKv = false }: WatchOptions, left: (watch: Watch) => void) {
    this.#range = range;
    this.#prevKv = prevKv;
    this.#left = left;
    const abort = (): void => {
      this.end(signal?.reason);
    };
    if (signal?.aborted === true) abort();
    else signal?.addEventListener("abort", abort, { once: true });
  }

  [Symbol.asyncIterator](): this {
    if (this.#isTaken) throw new TypeError("Expected a watch to be iterated once");
    this.#isTaken = true;
    return this;
  }

  next(): Promise<Result> {
    const batch = this.#queue.shift();
    if (batch !== undefined) return Promise.resolve({ done: false, value: batch });
    if (this.#ended === undefined) {
      return new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
      });
    }
    const ended = this.#ended;
    this.#ended = "quietly";
    return ended === "quietly" ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(ended.error);
  }

  return(): Promise<Result> {
    this.#finish("quietly");
    return this.next();
  }

  end(error: unknown): void {
    this.#finish({ error });
  }

  push(batch: WatchBatch): void {
    if (this.#ended !== undefined) return;
    if (this.#waiting === undefined) this.#queue.push(batch);
    else this.#waiting.resolve({ done: false, value: batch });
    this.#waiting = undefined;
  }

  /** A revision comes whole, in one batch. */
  changed(revision: number, events: readonly WatchEvent[]): void {
    const wanted = events
      .filter(({ kv }) => inRange(kv.key, this.#range))
      .map((event) => (this.#prevKv ? event : { type: event.type, kv: event.kv }));
    if (wanted.length > 0) this.push({ type: "events", revision, events: wanted });
  }

  #finish(ended: { readonly error: unknown } | "quietly"): void {
    if (this.#ended !== undefined) return;
    this.#ended = ended;
    this.#queue.length = 0;
    this.#left(this);
    if (this.#waiting === undefined) return;
    const { resolve, reject } = this.#waiting;
    this.#waiting = undefined;
    this.#ended = "quietly";
    if (ended === "quietly") resolve({ done: true, value: undefined });
    else reject(ended.error);
  }
}
