import type { Duration } from "../core/index.js";

/** The calls a fault can strike. */
export type FaultyMethod = "get" | "range" | "txn" | "grantLease" | "keepAlive" | "revoke" | "compact";

/** Which of the calls, batches or leases are struck. */
export interface FaultTarget {
  /** These, counted from 1; without it, all. */
  readonly nth?: readonly number[];
  /** Only with this probability, drawn from the runtime. @defaultValue `1` */
  readonly chance?: number;
}

/** Strikes calls. */
export interface CallFault extends FaultTarget {
  /**
   * `latency` makes the call wait before it is made; `failBefore` fails it without making it; `failAfter` makes it and
   * fails it then, so that a mutation was applied though its caller can't tell.
   */
  readonly kind: "latency" | "failBefore" | "failAfter";
  /** Only this method. @defaultValue every one */
  readonly method?: FaultyMethod;
  /** How long `latency` takes. @defaultValue `0` */
  readonly delay?: Duration;
}

/** Strikes the batches of events of watches, counted over all watches; it breaks what a watch guarantees. */
export interface WatchFault extends FaultTarget {
  /** `watchGap` leaves a batch out; `watchDuplicate` delivers it twice. */
  readonly kind: "watchGap" | "watchDuplicate";
}

/** Strikes leases. */
export interface LeaseFault extends FaultTarget {
  /** `leaseLoss` ends the lease behind its holder's back: keys go, and its signal does not tell until it is due. */
  readonly kind: "leaseLoss";
  /** How long after it was granted the store drops the lease. */
  readonly after: Duration;
}

/** One fault; plain data, so that a plan can be generated, printed and shrunk. */
export type StoreFault = CallFault | WatchFault | LeaseFault;
