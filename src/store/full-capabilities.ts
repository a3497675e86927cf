import type { StoreCapabilities } from "./state-store.js";

/**
 * Every feature, and the least limits that every driver takes; what a store lacks is said over it.
 *
 * @internal
 */
export const fullCapabilities: StoreCapabilities = {
  multiKeyTxn: true,
  historyReads: true,
  gapFreeWatch: true,
  leases: true,
  linearizableReads: true,
  durable: true,
  progress: true,
  futureWatch: true,
  safeLeaseRevoke: true,
  pauseSafe: true,
  maxTxnOps: 128,
  maxValueBytes: 1_048_576,
};
