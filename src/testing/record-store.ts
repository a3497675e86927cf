import { type Runtime, currentRuntime } from "../core/index.js";
import type { Lease, StateStore } from "../store/index.js";
import { CallLog } from "./call-log.js";
import type { RecordedCall, RecordedCallOf, StoreRequest } from "./recorded-call.js";

/** A store that remembers its calls. */
export interface RecordedStore extends StateStore {
  /** The calls so far, in the order in which they were made. */
  readonly calls: readonly RecordedCall[];
  /** Those of one method. */
  callsOf<M extends StoreRequest["method"]>(method: M): readonly RecordedCallOf<M>[];
  /** Forgets the calls so far. */
  forget(): void;
}

/**
 * Remembers what is asked of a store, and of the leases it grants, and what they answer, in order.
 *
 * @remarks
 * The calls are plain data, copied: compare them in a test, run them again with {@link replayCalls}, or hold what the
 * watches delivered against what was written with {@link watchHistory}.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 * import { recordStore } from "keelson/testing";
 *
 * const store = recordStore(memoryStore());
 * await put(store, "/plan", "v1");
 * store.calls.map(({ method, outcome }) => [method, outcome.kind]) // => [["txn", "value"]]
 * store.callsOf("txn").map(({ txn }) => txn.then.map((op) => op.type)) // => [["put"]]
 * ```
 */
export function recordStore(
  store: StateStore,
  { runtime = currentRuntime() }: { readonly runtime?: Runtime } = {},
): RecordedStore {
  const log = new CallLog(runtime);
  return {
    get calls() {
      return log.calls;
    },
    callsOf: (method) => log.callsOf(method),
    forget: () => {
      log.forget();
    },
    capabilities: store.capabilities,
    events: store.events,
    get: (key, options = {}) =>
      log.call({ method: "get", key, options: unsigned(options) }, () => store.get(key, options)),
    range: (range, options = {}) =>
      log.call({ method: "range", range, options: unsigned(options) }, () => store.range(range, options)),
    txn: (txn, options) => log.call({ method: "txn", txn }, () => store.txn(txn, options)),
    watch: (range, options = {}) =>
      log.watch({ method: "watch", range, options: unsigned(options) }, store.watch(range, options)),
    grantLease: async (ttlMs, options) => {
      const grant = (): Promise<Lease> => store.grantLease(ttlMs, options);
      return recordedLease(log, await log.call({ method: "grantLease", ttlMs }, grant, shownLease));
    },
    compact: (revision) => log.call({ method: "compact", revision }, () => store.compact(revision)),
    health: () => log.call({ method: "health" }, () => store.health()),
    close: () => log.call({ method: "close" }, () => store.close()),
  };
}

function shownLease({ id, ttlMs }: Lease): { readonly id: string; readonly ttlMs: number } {
  return { id, ttlMs };
}

function recordedLease(log: CallLog, lease: Lease): Lease {
  const revoke = (): Promise<void> => log.call({ method: "revoke", leaseId: lease.id }, () => lease.revoke());
  return {
    id: lease.id,
    ttlMs: lease.ttlMs,
    get signal() {
      return lease.signal;
    },
    deadline: () => lease.deadline(),
    keepAliveOnce: (options) =>
      log.call({ method: "keepAlive", leaseId: lease.id }, () => lease.keepAliveOnce(options)),
    revoke,
    [Symbol.asyncDispose]: revoke,
  };
}

function unsigned<T extends { readonly signal?: AbortSignal | undefined }>({
  signal: _signal,
  ...rest
}: T): Omit<T, "signal"> {
  return rest;
}
