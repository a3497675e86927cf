import type { Health } from "../core/index.js";
import type {
  GetOptions,
  KeyRange,
  KeyValue,
  RangeOptions,
  RangeResult,
  Revision,
  Txn,
  TxnResult,
  WatchBatch,
  WatchOptions,
} from "../store/index.js";

/** What was asked: the method and its arguments, as plain data; signals are left out. */
export type StoreRequest =
  | { readonly method: "get"; readonly key: string; readonly options: Omit<GetOptions, "signal"> }
  | { readonly method: "range"; readonly range: KeyRange; readonly options: Omit<RangeOptions, "signal"> }
  | { readonly method: "txn"; readonly txn: Txn }
  | { readonly method: "watch"; readonly range: KeyRange; readonly options: Omit<WatchOptions, "signal"> }
  | { readonly method: "grantLease"; readonly ttlMs: number }
  | { readonly method: "keepAlive"; readonly leaseId: string }
  | { readonly method: "revoke"; readonly leaseId: string }
  | { readonly method: "compact"; readonly revision: Revision }
  | { readonly method: "health" }
  | { readonly method: "close" };

/** What each method answers, as plain data. */
export interface StoreAnswers {
  /** The key, where it was there. */
  readonly get: { readonly revision: Revision; readonly kv?: KeyValue };
  /** The keys. */
  readonly range: RangeResult;
  /** What came of the transaction. */
  readonly txn: TxnResult;
  /** Nothing: what it delivered is in `batches`. */
  readonly watch: undefined;
  /** The lease. */
  readonly grantLease: { readonly id: string; readonly ttlMs: number };
  /** Nothing. */
  readonly keepAlive: undefined;
  /** Nothing. */
  readonly revoke: undefined;
  /** Nothing. */
  readonly compact: undefined;
  /** How the store was. */
  readonly health: Health;
  /** Nothing. */
  readonly close: undefined;
}

/** What came of a call; a watch is pending until it ends. */
export type RecordedOutcome<T = unknown> =
  | { readonly kind: "pending" }
  | { readonly kind: "value"; readonly value: T }
  | { readonly kind: "error"; readonly error: unknown };

/** One call of a store, or of a lease that it granted: what was asked, when, and what came of it. */
export type RecordedCall = { [M in StoreRequest["method"]]: RecordedCallOf<M> }[StoreRequest["method"]];

/** A call of one method. */
export type RecordedCallOf<M extends StoreRequest["method"]> = Extract<StoreRequest, { readonly method: M }> & {
  readonly method: M;
  /** When it was made, on the runtime's monotonic clock. */
  readonly calledAt: number;
  /** When the answer came. */
  readonly returnedAt?: number;
  /** The answer. */
  readonly outcome: RecordedOutcome<StoreAnswers[M]>;
} & (M extends "watch" ? { /** What it has delivered. */ readonly batches: readonly WatchBatch[] } : unknown);
