/**
 * The StateStore: one etcd-shaped interface over memory, SQLite, Postgres and etcd.
 *
 * @module store
 */
export { type Compare, type Comparison, type When, when } from "./compare.js";
export {
  AmbiguousResultError,
  CompactedError,
  FutureRevisionError,
  LeaseNotFoundError,
  NotAppliedError,
  StoreAuthError,
  StoreClosedError,
  StoreError,
  StoreFullError,
  StoreReadOnlyError,
  StoreUnavailableError,
  TooLargeError,
  UnsupportedError,
  WatchLaggedError,
} from "./errors.js";
export type { KeyRange } from "./key-range.js";
export type { KeyValue, Revision } from "./key-value.js";
export type { Lease } from "./lease.js";
export { type Op, type OpResult, op } from "./operation.js";
export type {
  Consistency,
  GetOptions,
  RangeOptions,
  RangeResult,
  StateStore,
  StoreCapabilities,
  StoreEvents,
  Txn,
  TxnResult,
  WatchOptions,
} from "./state-store.js";
export type { WatchBatch, WatchEvent } from "./watch-batch.js";
export type { StoreCallEvent, StoreLagEvent } from "./diagnostics.js";
export { type KeyBounds, inRange, keyAfter, keyBounds } from "./key-bounds.js";
export { checkKey, checkRange } from "./key-check.js";
export { compareKeys } from "./key-order.js";
export { type TxnLimits, checkTxn } from "./txn-check.js";
