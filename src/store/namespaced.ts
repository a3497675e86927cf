import { checkMethod } from "../core/check.js";
import type { Compare } from "./compare.js";
import { keyBounds } from "./key-bounds.js";
import { checkKey, checkRange } from "./key-check.js";
import type { KeyRange } from "./key-range.js";
import type { KeyValue } from "./key-value.js";
import type { Op, OpResult } from "./operation.js";
import type { StateStore, Txn } from "./state-store.js";
import { StoreView } from "./store-view.js";
import { checkTxn } from "./txn-check.js";
import type { WatchBatch } from "./watch-batch.js";

/**
 * A view of the keys that begin with `prefix`, under the names they have after it.
 *
 * @remarks
 * It separates names, not trust: revisions, leases and compaction are the whole store's. Closing the view ends its
 * watches and leaves the store open.
 *
 * @example
 * ```ts
 * import { namespaced, put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * const jobs = namespaced(store, "/jobs/");
 * await put(jobs, "7", "queued");
 * const { kvs } = await store.range({ prefix: "" });
 * kvs.map(({ key }) => key) // => ["/jobs/7"]
 * ```
 */
export function namespaced(store: StateStore, prefix: string): StateStore {
  checkMethod("store", store, "txn");
  checkKey(prefix, "prefix");
  const view = new StoreView();
  const names = new Names(prefix);
  return {
    capabilities: store.capabilities,
    events: store.events,
    get: (key, options) =>
      view.run(async () => {
        checkKey(key);
        const { revision, kv } = await store.get(prefix + key, options);
        return kv === undefined ? { revision } : { revision, kv: names.inner(kv) };
      }),
    range: (range, options) =>
      view.run(async () => {
        const result = await store.range(names.outerRange(range), options);
        return { ...result, kvs: result.kvs.map((kv) => names.inner(kv)) };
      }),
    txn: (txn, options) =>
      view.run(async () => {
        checkTxn(txn, store.capabilities);
        const result = await store.txn(names.outerTxn(txn), options);
        return { ...result, results: result.results.map((each) => names.innerResult(each)) };
      }),
    watch: (range, options = {}) =>
      view.watch(
        (signal) => store.watch(names.outerRange(range), { ...options, signal }),
        options.signal,
        (batch) => names.innerBatch(batch),
      ),
    grantLease: (ttlMs, options) => view.run(() => store.grantLease(ttlMs, options)),
    compact: (revision) => view.run(() => store.compact(revision)),
    health: () => view.health(store),
    close: () => view.close(),
  };
}

/** Translates names from the view's (inner) to the store's (outer) and back. */
class Names {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  outerRange(range: KeyRange): KeyRange {
    checkRange(range);
    const prefix = this.#prefix;
    if ("key" in range) return { key: prefix + range.key };
    if ("prefix" in range) return { prefix: prefix + range.prefix };
    const start = prefix + range.start;
    const end = range.end === undefined ? keyBounds({ prefix }).end : prefix + range.end;
    return end === undefined ? { start } : { start, end };
  }

  outerTxn(txn: Txn): Txn {
    const condition = (each: Compare): Compare => ({ ...each, key: this.#prefix + each.key });
    const operation = (each: Op): Op =>
      each.type === "put" ? { ...each, key: this.#prefix + each.key } : { ...each, range: this.outerRange(each.range) };
    return {
      if: (txn.if ?? []).map(condition),
      then: txn.then.map(operation),
      else: (txn.else ?? []).map(operation),
    };
  }

  inner(kv: KeyValue): KeyValue {
    return { ...kv, key: kv.key.slice(this.#prefix.length) };
  }

  innerResult(result: OpResult): OpResult {
    switch (result.type) {
      case "put":
        return result;
      case "delete":
        return { ...result, prevKvs: result.prevKvs.map((kv) => this.inner(kv)) };
      case "range":
        return { ...result, kvs: result.kvs.map((kv) => this.inner(kv)) };
    }
  }

  innerBatch(batch: WatchBatch): WatchBatch {
    if (batch.type === "progress") return batch;
    const events = batch.events.map((event) =>
      event.prev === undefined
        ? { ...event, kv: this.inner(event.kv) }
        : { ...event, kv: this.inner(event.kv), prev: this.inner(event.prev) },
    );
    return { ...batch, events };
  }
}
