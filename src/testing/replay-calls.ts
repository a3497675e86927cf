import type { Compare, Lease, Op, StateStore, Txn } from "../store/index.js";
import type { RecordedCall, RecordedOutcome } from "./recorded-call.js";

/**
 * Makes recorded calls again, one after the other, on another store; answers what came of them, in order.
 *
 * @remarks
 * Leases are granted anew, and take the place of the recorded ones in the calls that name those. Watches, health and
 * closing are left out: they change nothing. Nothing is done at the times of the record: leases expire as they will.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 * import { recordStore, replayCalls } from "keelson/testing";
 *
 * const recorded = recordStore(memoryStore());
 * await put(recorded, "/plan", "v1");
 * await recorded.get("/plan");
 * const outcomes = await replayCalls(recorded.calls, memoryStore());
 * outcomes // => recorded.calls.map(({ outcome }) => outcome)
 * ```
 */
export async function replayCalls(
  calls: readonly RecordedCall[],
  store: StateStore,
): Promise<readonly RecordedOutcome[]> {
  const leases = new Map<string, Lease>();
  const outcomes: RecordedOutcome[] = [];
  for (const call of calls) {
    const again = repeatable(call, store, leases);
    if (again === undefined) continue;
    try {
      outcomes.push({ kind: "value", value: await again() });
    } catch (error) {
      outcomes.push({ kind: "error", error });
    }
  }
  return outcomes;
}

function repeatable(
  call: RecordedCall,
  store: StateStore,
  leases: Map<string, Lease>,
): (() => Promise<unknown>) | undefined {
  switch (call.method) {
    case "get":
      return () => store.get(call.key, call.options);
    case "range":
      return () => store.range(call.range, call.options);
    case "txn":
      return () => store.txn(renamed(call.txn, leases));
    case "grantLease":
      return async () => {
        const lease = await store.grantLease(call.ttlMs);
        if (call.outcome.kind === "value") leases.set(call.outcome.value.id, lease);
        return { id: lease.id, ttlMs: lease.ttlMs };
      };
    case "keepAlive":
      return () => leases.get(call.leaseId)?.keepAliveOnce() ?? Promise.resolve();
    case "revoke":
      return () => leases.get(call.leaseId)?.revoke() ?? Promise.resolve();
    case "compact":
      return () => store.compact(call.revision);
    case "watch":
    case "health":
    case "close":
      return undefined;
  }
}

/** The transaction with this store's leases in place of the recorded ones. */
function renamed(txn: Txn, leases: ReadonlyMap<string, Lease>): Txn {
  const now = (leaseId: string): string => leases.get(leaseId)?.id ?? leaseId;
  const condition = (each: Compare): Compare =>
    each.target === "lease" && each.value !== undefined ? { ...each, value: now(each.value) } : each;
  const operation = (each: Op): Op =>
    each.type === "put" && each.lease !== undefined ? { ...each, lease: now(each.lease) } : each;
  return {
    if: (txn.if ?? []).map(condition),
    then: txn.then.map(operation),
    else: (txn.else ?? []).map(operation),
  };
}
