/**
 * The StateStore: one etcd-shaped interface over memory, SQLite, Postgres and etcd.
 *
 * @module store
 */
export { type Codec, jsonCodec } from "./codec.js";
export { type Swap, compareAndSwap } from "./compare-and-swap.js";
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
export { fullCapabilities } from "./full-capabilities.js";
export { HeldLease, type LeaseHome } from "./drivers/shared/held-lease.js";
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
export type { LeaseEvent, StoreCallEvent, StoreLagEvent, StoreRetryEvent } from "./diagnostics.js";
export { type KeyBounds, inRange, keyAfter, keyBounds } from "./key-bounds.js";
export { checkKey, checkRange } from "./key-check.js";
export { compareKeys } from "./key-order.js";
export { type TxnLimits, checkTxn } from "./txn-check.js";
export { namespaced } from "./namespaced.js";
export { type WriteOptions, put } from "./put.js";
export { type Insertion, putIfAbsent } from "./put-if-absent.js";
export { readOnly } from "./read-only.js";
export { exportSnapshot } from "./snapshot-export.js";
export { type ImportedSnapshot, importSnapshot } from "./snapshot-import.js";
export { wrapStore } from "./wrap-store.js";
export { type Entry, type EntryBatch, type EntryEvent, type TypedStore, typed } from "./typed.js";
