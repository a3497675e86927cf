import type { StateStore } from "./state-store.js";

/**
 * A store that does what another one does, but for the members that are given.
 *
 * @remarks For those who stand between a store and its user: they count, delay, refuse, or log.
 *
 * @example
 * ```ts
 * import { put, wrapStore } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * let writes = 0;
 * const inner = memoryStore();
 * const store = wrapStore(inner, {
 *   txn: (txn, options) => {
 *     writes += 1;
 *     return inner.txn(txn, options);
 *   },
 * });
 * await put(store, "/plan", "v1");
 * writes // => 1
 * ```
 */
export function wrapStore(store: StateStore, members: Partial<StateStore>): StateStore {
  return {
    capabilities: store.capabilities,
    events: store.events,
    get: (key, options) => store.get(key, options),
    range: (range, options) => store.range(range, options),
    txn: (txn, options) => store.txn(txn, options),
    watch: (range, options) => store.watch(range, options),
    grantLease: (ttlMs, options) => store.grantLease(ttlMs, options),
    compact: (revision) => store.compact(revision),
    health: () => store.health(),
    close: () => store.close(),
    ...members,
  };
}
