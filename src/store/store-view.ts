import { LinkedSignal } from "../core/linked-signal.js";
import type { Health } from "../core/health.js";
import { StoreClosedError } from "./errors.js";
import type { StateStore } from "./state-store.js";
import type { WatchBatch } from "./watch-batch.js";

/** The lifetime of a view of a store: closing the view ends what was opened through it and leaves the store alone. */
export class StoreView {
  readonly #gone = new AbortController();

  /** Does `work`, unless the view is closed. */
  run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#gone.signal.aborted) return Promise.reject(this.#gone.signal.reason);
    try {
      return work();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Opens a watch that ends with the view, each batch seen through `map`. */
  watch<B>(
    open: (signal: AbortSignal) => AsyncIterable<WatchBatch>,
    signal: AbortSignal | undefined,
    map: (batch: WatchBatch) => B,
  ): AsyncIterable<B> {
    const link = new LinkedSignal(signal, this.#gone.signal);
    return mapped(open(link.signal), map, link);
  }

  /** How `store` is, while the view is open. */
  health(store: StateStore): Promise<Health> {
    if (!this.#gone.signal.aborted) return store.health();
    return Promise.resolve({ status: "fail", message: "this view of the store has been closed" });
  }

  close(): Promise<void> {
    if (!this.#gone.signal.aborted) this.#gone.abort(new StoreClosedError());
    return Promise.resolve();
  }
}

/** Each item of `source` seen through `map`; `owned` is disposed when it ends. */
function mapped<A, B>(source: AsyncIterable<A>, map: (item: A) => B, owned: Disposable): AsyncIterable<B> {
  return {
    [Symbol.asyncIterator]() {
      const inner = source[Symbol.asyncIterator]();
      return {
        async next() {
          try {
            const result = await inner.next();
            if (result.done !== true) return { done: false, value: map(result.value) };
          } catch (error) {
            owned[Symbol.dispose]();
            throw error;
          }
          owned[Symbol.dispose]();
          return { done: true, value: undefined };
        },
        async return() {
          owned[Symbol.dispose]();
          await inner.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}
