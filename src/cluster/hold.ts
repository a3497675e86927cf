import type { Compare, Revision } from "../store/index.js";
import { when } from "../store/index.js";
import type { KeptLease } from "./kept-lease.js";

/** Something of which only so many are held at a time, and this is one of them. */
export interface Hold {
  /** The key in the store that stands for it; it goes with the lease. */
  readonly key: string;
  /**
   * Greater than that of every earlier holder: hand it to what you change, so that it can refuse those who come too late.
   */
  readonly token: Revision;
  /** Aborts with a `LeaseLostError` once it is held no longer: by the deadline at the latest. */
  readonly signal: AbortSignal;
  /** Until when it is held for sure unless it is renewed, on the runtime's monotonic clock. */
  deadline(): number;
  /**
   * Whether it is held now, by this process's clocks: no call, no await. Once it is not, it will never be again.
   *
   * @remarks What follows may come too late nonetheless, after a pause: only {@link Hold.fence} is safe then.
   */
  isHeld(): boolean;
  /** @throws LeaseLostError when it is held no longer. */
  assertHeld(): void;
  /** The conditions under which a transaction on the same store is refused once somebody else may hold it. */
  fence(): readonly Compare[];
}

/** @internal */
export class LeasedHold implements Hold {
  readonly key: string;
  readonly token: Revision;
  readonly lease: KeptLease;

  constructor(lease: KeptLease, key: string, token: Revision) {
    this.lease = lease;
    this.key = key;
    this.token = token;
  }

  get signal(): AbortSignal {
    return this.lease.signal;
  }

  deadline(): number {
    return this.lease.deadline();
  }

  isHeld(): boolean {
    return this.lease.isHeld();
  }

  assertHeld(): void {
    if (!this.isHeld()) throw this.lease.lost();
  }

  fence(): readonly Compare[] {
    return [when(this.key).createRevision("=", this.token)];
  }
}
