import { checkMethod } from "../core/check.js";
import { context } from "../core/context.js";
import { type Swap, compareAndSwap } from "./compare-and-swap.js";
import type { Codec } from "./codec.js";
import type { KeyRange } from "./key-range.js";
import type { KeyValue, Revision } from "./key-value.js";
import { op } from "./operation.js";
import { type WriteOptions, put } from "./put.js";
import type { GetOptions, RangeOptions, StateStore, WatchOptions } from "./state-store.js";
import { StoreView } from "./store-view.js";

/** A key with its decoded value. */
export interface Entry<T> extends Omit<KeyValue, "value"> {
  /** What the codec made of the stored bytes. */
  readonly value: T;
}

/** One change of one key, decoded; a delete has no value, and `prev` is there when asked for with `prevKv`. */
export type EntryEvent<T> =
  | { readonly type: "put"; readonly entry: Entry<T>; readonly prev?: Entry<T> }
  | { readonly type: "delete"; readonly key: string; readonly prev?: Entry<T> };

/** What a watch of a {@link TypedStore} delivers; see `WatchBatch`. */
export type EntryBatch<T> =
  | { readonly type: "events"; readonly revision: Revision; readonly events: readonly EntryEvent<T>[] }
  | { readonly type: "progress"; readonly revision: Revision };

/** A store whose values are all of one type. Bytes that can't be decoded fail the read, naming the key. */
export interface TypedStore<T> {
  /** The store behind it, for transactions. */
  readonly store: StateStore;
  /** Reads one key. */
  get(key: string, options?: GetOptions): Promise<{ readonly revision: Revision; readonly entry?: Entry<T> }>;
  /** Reads a range of keys at one revision. */
  range(
    range: KeyRange,
    options?: Omit<RangeOptions, "keysOnly" | "countOnly">,
  ): Promise<{
    readonly revision: Revision;
    readonly entries: readonly Entry<T>[];
    readonly more: boolean;
    readonly count: number;
  }>;
  /** Stores a value; answers the revision it made. */
  put(key: string, value: T, options?: WriteOptions): Promise<Revision>;
  /** Replaces a value if the key's `modRevision` is still `expected`; 0 for an absent key. */
  compareAndSwap(
    key: string,
    expected: Revision,
    value: T,
    options?: WriteOptions,
  ): Promise<{ readonly swapped: boolean; readonly revision: Revision; readonly entry?: Entry<T> }>;
  /** Removes a key, or all keys of a range; answers how many there were. */
  delete(
    keyOrRange: string | KeyRange,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<{ readonly revision: Revision; readonly deleted: number }>;
  /** Delivers the changes of a range, as `StateStore.watch` does. */
  watch(range: KeyRange, options?: WatchOptions): AsyncIterable<EntryBatch<T>>;
}

/**
 * Gives the values of a store a type.
 *
 * @remarks Use it on a {@link namespaced} view when other keys of the store hold something else.
 *
 * @example
 * ```ts
 * import { jsonCodec, typed } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const plans = typed(memoryStore(), jsonCodec<{ replicas: number }>());
 * await plans.put("/web", { replicas: 3 });
 * const { entry } = await plans.get("/web");
 * entry?.value // => { replicas: 3 }
 * ```
 */
export function typed<T>(store: StateStore, codec: Codec<T>): TypedStore<T> {
  checkMethod("store", store, "txn");
  checkMethod("codec", codec, "encode");
  checkMethod("codec", codec, "decode");
  const decoded = (kv: KeyValue): Entry<T> => {
    try {
      return { ...kv, value: codec.decode(kv.value) };
    } catch (error) {
      throw context(error, `while decoding the value of ${JSON.stringify(kv.key)}`);
    }
  };
  const entryOf = (kv: KeyValue | undefined): { entry?: Entry<T> } => (kv === undefined ? {} : { entry: decoded(kv) });
  return {
    store,
    async get(key, options) {
      const { revision, kv } = await store.get(key, options);
      return { revision, ...entryOf(kv) };
    },
    async range(range, options) {
      const { revision, kvs, more, count } = await store.range(range, options);
      return { revision, entries: kvs.map(decoded), more, count };
    },
    put: (key, value, options) => put(store, key, codec.encode(value), options),
    async compareAndSwap(key, expected, value, options) {
      const swap: Swap = await compareAndSwap(store, key, expected, codec.encode(value), options);
      const { swapped, revision } = swap;
      return { swapped, revision, ...entryOf(swap.swapped ? undefined : swap.kv) };
    },
    async delete(keyOrRange, options) {
      const { revision, results } = await store.txn({ then: [op.delete(keyOrRange)] }, options);
      const [result] = results;
      return { revision, deleted: result?.type === "delete" ? result.deleted : 0 };
    },
    watch: (range, options = {}) =>
      new StoreView().watch(
        (signal) => store.watch(range, { ...options, signal }),
        options.signal,
        (batch): EntryBatch<T> => {
          if (batch.type === "progress") return batch;
          const events = batch.events.map(({ type, kv, prev }): EntryEvent<T> => {
            const before = prev === undefined ? {} : { prev: decoded(prev) };
            return type === "put" ? { type, entry: decoded(kv), ...before } : { type, key: kv.key, ...before };
          });
          return { type: "events", revision: batch.revision, events };
        },
      ),
  };
}
