import { currentRuntime } from "../core/ambient.js";
import { type Lease, LeaseNotFoundError, type StateStore } from "../store/index.js";
import { ServedWatches } from "./served-watches.js";
import type { SimulatedNet } from "./simulated-net.js";
import { storeEndpoints } from "./store-endpoints.js";

/** Each store's leases by id: they are the store's, not those of whoever serves it. */
const leases = new WeakMap<StateStore, Map<string, Lease>>();

/**
 * Serves a store to the other hosts, which reach it with `remoteStore`, until disposed.
 *
 * @remarks
 * A store in memory is lost when its host crashes; `sim.store` adds a host whose store survives that.
 *
 * @example
 * ```ts
 * import { remoteStore, serveStore, simulate } from "keelson/simulation";
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * await simulate({ seed: 1 }, async (sim) => {
 *   sim.host("store", ({ net }) => { serveStore(net, memoryStore()); });
 *   const store = remoteStore(sim.net, "store");
 *   await put(store, "/plan", "v1");
 *   const { kv } = await store.get("/plan");
 *   kv?.version // => 1
 * });
 * ```
 */
export function serveStore(net: SimulatedNet, store: StateStore): Disposable {
  const watches = new ServedWatches(currentRuntime(), store);
  const held = leases.get(store) ?? new Map<string, Lease>();
  leases.set(store, held);
  const find = (id: string): Lease => {
    const lease = held.get(id);
    if (lease === undefined) throw new LeaseNotFoundError(id);
    return lease;
  };
  const served = [
    net.serve(storeEndpoints.get, ({ key, options }) => store.get(key, options)),
    net.serve(storeEndpoints.range, ({ range, options }) => store.range(range, options)),
    net.serve(storeEndpoints.txn, (txn) => store.txn(txn)),
    net.serve(storeEndpoints.watch, (poll, { from, signal }) => watches.answer(from, poll, signal)),
    net.serve(storeEndpoints.endWatch, (id, { from }) => watches.end(from, id)),
    net.serve(storeEndpoints.grantLease, async (ttlMs) => {
      const lease = await store.grantLease(ttlMs);
      held.set(lease.id, lease);
      return lease.id;
    }),
    net.serve(storeEndpoints.keepAlive, async (id) => {
      await find(id).keepAliveOnce();
      return null;
    }),
    net.serve(storeEndpoints.revoke, async (id) => {
      await held.get(id)?.revoke();
      held.delete(id);
      return null;
    }),
    net.serve(storeEndpoints.compact, async (revision) => {
      await store.compact(revision);
      return null;
    }),
    net.serve(storeEndpoints.health, () => store.health()),
  ];
  return {
    [Symbol.dispose]: () => {
      for (const one of served) one[Symbol.dispose]();
      watches[Symbol.dispose]();
    },
  };
}
