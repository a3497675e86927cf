import type { StoreError } from "../../errors.js";
import {
  AmbiguousResultError,
  CompactedError,
  FutureRevisionError,
  LeaseNotFoundError,
  NotAppliedError,
  StoreClosedError,
  StoreFullError,
  StoreReadOnlyError,
  StoreUnavailableError,
  TooLargeError,
  UnsupportedError,
} from "../../errors.js";

/** An error as it crosses from the worker: `structuredClone` would lose its class and code. */
export interface WireError {
  readonly code: string;
  readonly message: string;
  readonly compactRevision?: number;
  readonly leaseId?: string;
}

export function toWire(error: StoreError): WireError {
  const { code, message } = error;
  if (error instanceof CompactedError) return { code, message, compactRevision: error.compactRevision };
  if (error instanceof LeaseNotFoundError) return { code, message, leaseId: error.leaseId };
  return { code, message };
}

export function fromWire({ code, message, compactRevision = 0, leaseId = "" }: WireError): StoreError {
  switch (code) {
    case "STORE_COMPACTED":
      return new CompactedError(compactRevision);
    case "STORE_LEASE_NOT_FOUND":
      return new LeaseNotFoundError(leaseId);
    case "STORE_NOT_APPLIED":
      return new NotAppliedError(message);
    case "STORE_AMBIGUOUS":
      return new AmbiguousResultError(message);
    case "STORE_FUTURE_REVISION":
      return new FutureRevisionError(message);
    case "STORE_TOO_LARGE":
      return new TooLargeError(message);
    case "STORE_UNSUPPORTED":
      return new UnsupportedError(message);
    case "STORE_READ_ONLY":
      return new StoreReadOnlyError(message);
    case "STORE_FULL":
      return new StoreFullError(message);
    case "STORE_CLOSED":
      return new StoreClosedError();
    default:
      return new StoreUnavailableError(message);
  }
}
