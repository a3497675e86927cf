import { KeelsonError } from "../core/index.js";
import type { Revision } from "./key-value.js";

/**
 * What a read, watch or lease failed with, beside the signal's reason: match on `code`.
 *
 * @example
 * ```ts
 * import { StoreClosedError, StoreError } from "keelson/store";
 *
 * new StoreClosedError() instanceof StoreError // => true
 * ```
 */
export abstract class StoreError extends KeelsonError {}

/**
 * A mutation was surely not applied; trying again is safe.
 *
 * @example
 * ```ts
 * import { NotAppliedError } from "keelson/store";
 *
 * new NotAppliedError("the store is busy").code // => "STORE_NOT_APPLIED"
 * ```
 */
export class NotAppliedError extends StoreError {
  override readonly name = "NotAppliedError";
  readonly code = "STORE_NOT_APPLIED";
}

/**
 * A mutation may or may not have been applied: it was cut off after it may have been sent. Never retried by us.
 *
 * @example
 * ```ts
 * import { AmbiguousResultError } from "keelson/store";
 *
 * new AmbiguousResultError("the connection was cut").code // => "STORE_AMBIGUOUS"
 * ```
 */
export class AmbiguousResultError extends StoreError {
  override readonly name = "AmbiguousResultError";
  readonly code = "STORE_AMBIGUOUS";
}

/**
 * The history asked for has been discarded; read the present state and watch from there.
 *
 * @example
 * ```ts
 * import { CompactedError } from "keelson/store";
 *
 * new CompactedError(7).code // => "STORE_COMPACTED"
 * ```
 */
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

/**
 * A read asked for a revision that does not exist yet.
 *
 * @example
 * ```ts
 * import { FutureRevisionError } from "keelson/store";
 *
 * new FutureRevisionError("revision 9 does not exist yet").code // => "STORE_FUTURE_REVISION"
 * ```
 */
export class FutureRevisionError extends StoreError {
  override readonly name = "FutureRevisionError";
  readonly code = "STORE_FUTURE_REVISION";
}

/**
 * The lease has expired, was revoked, or never was.
 *
 * @example
 * ```ts
 * import { LeaseNotFoundError } from "keelson/store";
 *
 * new LeaseNotFoundError("lease-1").code // => "STORE_LEASE_NOT_FOUND"
 * ```
 */
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

/**
 * The consumer of a watch fell too far behind; nothing was dropped before this point.
 *
 * @example
 * ```ts
 * import { WatchLaggedError } from "keelson/store";
 *
 * new WatchLaggedError(7).code // => "STORE_WATCH_LAGGED"
 * ```
 */
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

/**
 * A value, key or transaction exceeds what the store takes.
 *
 * @example
 * ```ts
 * import { TooLargeError } from "keelson/store";
 *
 * new TooLargeError("the value is too large").code // => "STORE_TOO_LARGE"
 * ```
 */
export class TooLargeError extends StoreError {
  override readonly name = "TooLargeError";
  readonly code = "STORE_TOO_LARGE";
}

/**
 * The store does not offer this; its `capabilities` say so.
 *
 * @example
 * ```ts
 * import { UnsupportedError } from "keelson/store";
 *
 * new UnsupportedError("this store has no leases").code // => "STORE_UNSUPPORTED"
 * ```
 */
export class UnsupportedError extends StoreError {
  override readonly name = "UnsupportedError";
  readonly code = "STORE_UNSUPPORTED";
}

/**
 * The store cannot be reached, or does not answer in time.
 *
 * @example
 * ```ts
 * import { StoreUnavailableError } from "keelson/store";
 *
 * new StoreUnavailableError("the store does not answer").code // => "STORE_UNAVAILABLE"
 * ```
 */
export class StoreUnavailableError extends StoreError {
  override readonly name = "StoreUnavailableError";
  readonly code = "STORE_UNAVAILABLE";
}

/**
 * The store refused the credentials.
 *
 * @example
 * ```ts
 * import { StoreAuthError } from "keelson/store";
 *
 * new StoreAuthError("the credentials were refused").code // => "STORE_AUTH"
 * ```
 */
export class StoreAuthError extends StoreError {
  override readonly name = "StoreAuthError";
  readonly code = "STORE_AUTH";
}

/**
 * The store takes no writes.
 *
 * @example
 * ```ts
 * import { StoreReadOnlyError } from "keelson/store";
 *
 * new StoreReadOnlyError("this view takes no writes").code // => "STORE_READ_ONLY"
 * ```
 */
export class StoreReadOnlyError extends StoreError {
  override readonly name = "StoreReadOnlyError";
  readonly code = "STORE_READ_ONLY";
}

/**
 * The store has no room left.
 *
 * @example
 * ```ts
 * import { StoreFullError } from "keelson/store";
 *
 * new StoreFullError("the disk is full").code // => "STORE_FULL"
 * ```
 */
export class StoreFullError extends StoreError {
  override readonly name = "StoreFullError";
  readonly code = "STORE_FULL";
}

/**
 * The store was closed on this side.
 *
 * @example
 * ```ts
 * import { StoreClosedError } from "keelson/store";
 *
 * new StoreClosedError().code // => "STORE_CLOSED"
 * ```
 */
export class StoreClosedError extends StoreError {
  override readonly name = "StoreClosedError";
  readonly code = "STORE_CLOSED";

  constructor(options?: ErrorOptions) {
    super("the store has been closed", options);
  }
}
