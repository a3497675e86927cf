import { KeelsonError } from "../core/index.js";
import type { Revision } from "./key-value.js";

/** What a read, watch or lease failed with, beside the signal's reason: match on `code`. */
export abstract class StoreError extends KeelsonError {}

/** A mutation was surely not applied; trying again is safe. */
export class NotAppliedError extends StoreError {
  override readonly name = "NotAppliedError";
  readonly code = "STORE_NOT_APPLIED";
}

/** A mutation may or may not have been applied: it was cut off after it may have been sent. Never retried by us. */
export class AmbiguousResultError extends StoreError {
  override readonly name = "AmbiguousResultError";
  readonly code = "STORE_AMBIGUOUS";
}

/** The history asked for has been discarded; read the present state and watch from there. */
export class CompactedError extends StoreError {
  override readonly name = "CompactedError";
  readonly code = "STORE_COMPACTED";
  /** Everything up to and including this revision is gone from history. */
  readonly compactRevision: Revision;

  constructor(compactRevision: Revision, options?: ErrorOptions) {
    super(`history up to revision ${compactRevision} has been compacted`, options);
    this.compactRevision = compactRevision;
  }
}

/** A read asked for a revision that does not exist yet. */
export class FutureRevisionError extends StoreError {
  override readonly name = "FutureRevisionError";
  readonly code = "STORE_FUTURE_REVISION";
}

/** The lease has expired, was revoked, or never was. */
export class LeaseNotFoundError extends StoreError {
  override readonly name = "LeaseNotFoundError";
  readonly code = "STORE_LEASE_NOT_FOUND";
  /** The lease's id. */
  readonly leaseId: string;

  constructor(leaseId: string, options?: ErrorOptions) {
    super(`lease ${leaseId} has expired, was revoked, or never existed`, options);
    this.leaseId = leaseId;
  }
}

/** The consumer of a watch fell too far behind; nothing was dropped before this point. */
export class WatchLaggedError extends StoreError {
  override readonly name = "WatchLaggedError";
  readonly code = "STORE_WATCH_LAGGED";
  /** A new watch `from` here misses nothing. */
  readonly resumeFrom: Revision;

  constructor(resumeFrom: Revision, options?: ErrorOptions) {
    super(`the watch's consumer fell behind; resume from revision ${resumeFrom}`, options);
    this.resumeFrom = resumeFrom;
  }
}

/** A value, key or transaction exceeds what the store takes. */
export class TooLargeError extends StoreError {
  override readonly name = "TooLargeError";
  readonly code = "STORE_TOO_LARGE";
}

/** The store does not offer this; its `capabilities` say so. */
export class UnsupportedError extends StoreError {
  override readonly name = "UnsupportedError";
  readonly code = "STORE_UNSUPPORTED";
}

/** The store cannot be reached, or does not answer in time. */
export class StoreUnavailableError extends StoreError {
  override readonly name = "StoreUnavailableError";
  readonly code = "STORE_UNAVAILABLE";
}

/** The store refused the credentials. */
export class StoreAuthError extends StoreError {
  override readonly name = "StoreAuthError";
  readonly code = "STORE_AUTH";
}

/** The store takes no writes. */
export class StoreReadOnlyError extends StoreError {
  override readonly name = "StoreReadOnlyError";
  readonly code = "STORE_READ_ONLY";
}

/** The store has no room left. */
export class StoreFullError extends StoreError {
  override readonly name = "StoreFullError";
  readonly code = "STORE_FULL";
}

/** The store was closed on this side. */
export class StoreClosedError extends StoreError {
  override readonly name = "StoreClosedError";
  readonly code = "STORE_CLOSED";

  constructor(options?: ErrorOptions) {
    super("the store has been closed", options);
  }
}
