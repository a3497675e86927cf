import { StoreReadOnlyError } from "./errors.js";
import type { StateStore } from "./state-store.js";
import { StoreView } from "./store-view.js";

/**
 * A view that reads and watches, and refuses to change anything.
 *
 * @remarks
 * Transactions that only read pass. Leases and compaction are refused like writes. Closing the view ends its watches
 * and leaves the store open.
 *
 * @example
 * ```ts
 * import { StoreReadOnlyError, put, readOnly } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const view = readOnly(memoryStore());
 * await put(view, "/plan", "v1"); // throws StoreReadOnlyError
 * ```
 */
export function readOnly(store: StateStore): StateStore {
  const view = new StoreView();
  const refuse = (): Promise<never> =>
    view.run(() => Promise.reject(new StoreReadOnlyError("this view of the store only reads")));
  return {
    capabilities: { ...store.capabilities, leases: false },
    events: store.events,
    get: (key, options) => view.run(() => store.get(key, options)),
    range: (range, options) => view.run(() => store.range(range, options)),
    txn: (txn, options) =>
      view.run(() => {
        const writes = [...txn.then, ...(txn.else ?? [])].some((op) => op.type !== "range");
        return writes ? refuse() : store.txn(txn, options);
      }),
    watch: (range, options = {}) =>
      view.watch(
        (signal) => store.watch(range, { ...options, signal }),
        options.signal,
        (batch) => batch,
      ),
    grantLease: refuse,
    compact: refuse,
    health: () => view.health(store),
    close: () => view.close(),
  };
}
