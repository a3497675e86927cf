import type { Runtime } from "../core/index.js";
import { HeldLease, type Lease, StoreClosedError } from "../store/index.js";

/** Does a call of a lease, unless it is struck. */
export type LeaseCall = (
  method: "keepAlive" | "revoke",
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
) => Promise<void>;

/** A lease whose holder counts by the answers it gets, and is the last to hear that the store has dropped it. */
export interface FaultyLease {
  readonly lease: Lease;
  /** Lets the store drop it; its holder isn't told. */
  readonly drop: () => void;
}

/** A lease as a client far from its store sees it; `sentAt` is when it was asked for. */
export function faultyLease(runtime: Runtime, inner: Lease, sentAt: number, call: LeaseCall): FaultyLease {
  const span = inner.deadline() - sentAt;
  let isDropped = false;
  const lease = new HeldLease(
    {
      runtime,
      surelyHeld: () => span,
      keepAlive: (_id, { signal }) => call("keepAlive", signal, () => inner.keepAliveOnce({ signal })),
      revoke: () => call("revoke", undefined, () => inner.revoke()),
      ended: () => {
        inner.signal.removeEventListener("abort", told);
      },
    },
    { id: inner.id, ttlMs: inner.ttlMs, sentAt },
  );
  const told = (): void => {
    if (!isDropped) lease.end(inner.signal.reason);
  };
  if (inner.signal.aborted) told();
  else inner.signal.addEventListener("abort", told);
  return {
    lease,
    drop: () => {
      isDropped = true;
      inner.revoke().catch((error: unknown) => {
        if (!(error instanceof StoreClosedError)) runtime.report(error, { task: "planned lease loss" });
      });
    },
  };
}
