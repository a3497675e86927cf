import { checkInteger, checkNumber } from "../core/check.js";
import { isKeelsonError } from "../core/errors.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { type KeyRange, type Revision, type WatchBatch, type WatchOptions, checkRange } from "../store/index.js";
import type { RemoteStore } from "./remote-store.js";
import { storeEndpoints } from "./store-endpoints.js";

/** How long it waits before it asks a store again that did not answer. */
const retryMs = 100;

type Result = IteratorResult<WatchBatch, undefined>;

/**
 * A watch that asks for what has changed, again and again, from where it stands: what is lost on the way is asked for
 * anew.
 */
export class RemoteWatch implements AsyncIterableIterator<WatchBatch, undefined> {
  /** Settles once the store knows where the watch begins, or never will. */
  readonly registered: Promise<void>;
  readonly #id: string;
  readonly #store: RemoteStore;
  readonly #range: KeyRange;
  readonly #prevKv: boolean;
  readonly #progressMs: number;
  readonly #link: LinkedSignal;
  #from: Revision | undefined;
  #batches: WatchBatch[] = [];
  #failure: { readonly error: unknown } | undefined = undefined;
  #isIterated = false;
  #isOver = false;
  #turn: Promise<unknown>;

  constructor(store: RemoteStore, range: KeyRange, { from, prevKv = false, progressMs = 1_000, signal }: WatchOptions) {
    checkRange(range);
    if (from !== undefined) checkInteger("from", from, 0);
    checkNumber("progressMs", progressMs, 1);
    this.#id = store.runtime.id();
    this.#store = store;
    this.#range = range;
    this.#from = from;
    this.#prevKv = prevKv;
    this.#progressMs = progressMs;
    this.#link = new LinkedSignal(signal, store.gone);
    this.registered = this.#register();
    this.#turn = this.registered;
  }

  [Symbol.asyncIterator](): this {
    if (this.#isIterated) throw new TypeError("Expected a watch to be iterated once; call `watch` again for another");
    this.#isIterated = true;
    return this;
  }

  next(): Promise<Result> {
    const turn = this.#turn.then(() => this.#next());
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  return(): Promise<Result> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Finds out where the watch begins; a watch from a known revision only says so. */
  async #register(): Promise<void> {
    try {
      if (this.#from === undefined) {
        const [start] = await this.#poll();
        this.#from = (start?.revision ?? 0) + 1;
      }
      this.#batches.push({ type: "progress", revision: this.#from - 1 });
    } catch (error) {
      this.#failure = { error };
    }
  }

  async #next(): Promise<Result> {
    while (!this.#isOver) {
      if (this.#link.isAborted) this.#failure = { error: this.#link.signal.reason };
      if (this.#failure !== undefined) {
        this.#end();
        throw this.#failure.error;
      }
      const batch = this.#batches.shift();
      if (batch !== undefined) return { done: false, value: batch };
      try {
        this.#batches = [...(await this.#poll())];
        const last = this.#batches.at(-1);
        if (last !== undefined) this.#from = last.revision + 1;
      } catch (error) {
        this.#failure = { error };
      }
    }
    return { done: true, value: undefined };
  }

  /** Asks until there is an answer. */
  async #poll(): Promise<readonly WatchBatch[]> {
    const { runtime } = this.#store;
    const poll = { id: this.#id, range: this.#range, prevKv: this.#prevKv, progressMs: this.#progressMs };
    for (;;) {
      try {
        // Silence for three times as long as it takes to tell of progress means that the answer was lost.
        const patience = 3 * this.#progressMs + 1_000;
        return await this.#store.call(
          "read",
          storeEndpoints.watch,
          { ...poll, from: this.#from },
          this.#link.signal,
          patience,
        );
      } catch (error) {
        if (!isKeelsonError(error, "STORE_UNAVAILABLE")) throw error;
        await runtime.sleep(retryMs * (0.5 + runtime.random()), { signal: this.#link.signal });
      }
    }
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (!this.#store.gone.aborted) {
      this.#store.call("read", storeEndpoints.endWatch, this.#id, undefined).catch(() => undefined); // idle, it ends
    }
    this.#batches = [];
    this.#link.abort(undefined);
    this.#link[Symbol.dispose]();
  }
}
