import type { Events, Health } from "../core/index.js";
import type { Compare } from "./compare.js";
import type { KeyRange } from "./key-range.js";
import type { KeyValue, Revision } from "./key-value.js";
import type { Lease } from "./lease.js";
import type { Op, OpResult } from "./operation.js";
import type { WatchBatch } from "./watch-batch.js";

/** What a store can do; the conformance suite asserts each, and that what is not declared is refused. */
export interface StoreCapabilities {
  /** Transactions over several keys are atomic. */
  readonly multiKeyTxn: boolean;
  /** Reads at an older revision. */
  readonly historyReads: boolean;
  /**
   * Watches that resume without a gap, from any revision since the compacted one. Without it a watch is as whole, in
   * order and from the call on, but can't go on from the past: `from` a revision that has been ends it with
   * `CompactedError`, and a break that would leave something out ends it with an error, so that its consumer reads again.
   */
  readonly gapFreeWatch: boolean;
  /** Leases. */
  readonly leases: boolean;
  /** Reads see every write that was acknowledged before they began. */
  readonly linearizableReads: boolean;
  /** What was acknowledged survives a crash of the process. */
  readonly durable: boolean;
  /** Watches report progress. */
  readonly progress: boolean;
  /** A watch may start at a revision that does not exist yet. */
  readonly futureWatch: boolean;
  /** A revoked lease can not be renewed by a request that was under way. */
  readonly safeLeaseRevoke: boolean;
  /** No stale reads after the server was paused and resumed. */
  readonly pauseSafe: boolean;
  /** Operations a transaction may have, both branches counted apart; at least 128. */
  readonly maxTxnOps: number;
  /** Bytes a value may have; at least 1 MiB. */
  readonly maxValueBytes: number;
}

/** What happens to the connection behind a store, for its owner. */
export interface StoreEvents {
  /** The store can be reached (again). */
  connected: [];
  /** The connection was lost; the driver reconnects for ever. */
  disconnected: [error: unknown];
  /** A watch's consumer fell behind and was ended with `WatchLaggedError`. */
  lagged: [detail: { readonly resumeFrom: Revision }];
  /** History was discarded. */
  compacted: [detail: { readonly compactRevision: Revision }];
}

/** Whether a read must see everything acknowledged before it, or may be a little behind. */
export type Consistency = "linearizable" | "serializable";

/** Options of {@link StateStore.get}. */
export interface GetOptions {
  /** Reads the state at this revision instead of the present one. */
  readonly revision?: Revision;
  /** Whether the read may be a little behind. @defaultValue `"linearizable"` */
  readonly consistency?: Consistency;
  /** Gives up the read. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link StateStore.range}. */
export interface RangeOptions extends GetOptions {
  /** At most this many keys; `more` says whether there are others. */
  readonly limit?: number;
  /** Leaves the values out (they are empty). */
  readonly keysOnly?: boolean;
  /** Only counts. */
  readonly countOnly?: boolean;
  /** From the last key to the first. */
  readonly reverse?: boolean;
}

/** What {@link StateStore.range} answers. */
export interface RangeResult {
  /** The revision that was read. */
  readonly revision: Revision;
  /** The keys of this page, in order. */
  readonly kvs: readonly KeyValue[];
  /** Whether `limit` cut the answer. */
  readonly more: boolean;
  /** How many keys the whole range has. */
  readonly count: number;
}

/** An atomic step: if every condition holds, `then`, else `else`. */
export interface Txn {
  /** The conditions; none means true. */
  readonly if?: readonly Compare[];
  /** What is done when all hold. */
  readonly then: readonly Op[];
  /** What is done otherwise. */
  readonly else?: readonly Op[];
}

/** What {@link StateStore.txn} answers. */
export interface TxnResult {
  /** Whether all conditions held. */
  readonly succeeded: boolean;
  /** The revision this transaction made, or, where it changed nothing, the store's present one. */
  readonly revision: Revision;
  /** `results[i]` answers operation i of the branch that was taken. */
  readonly results: readonly OpResult[];
}

/** Options of {@link StateStore.watch}. */
export interface WatchOptions {
  /** The first revision wanted. @defaultValue the next one: changes from now on */
  readonly from?: Revision;
  /** Delivers each key's previous state too. @defaultValue `false` */
  readonly prevKv?: boolean;
  /** Progress at least this often while nothing happens, in milliseconds. @defaultValue `1_000` */
  readonly progressMs?: number;
  /** Ends the watch with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * An etcd-shaped store: a keyspace with revisions, transactions, watches that resume, and leases.
 *
 * @remarks
 * Guarantees, each with cases in the conformance suite:
 * - **G1** Revisions strictly increase, by one per transaction that changes something; others add none. An identical
 *   put is a change.
 * - **G2** A transaction is atomic and isolated. Operations of one branch must not overlap in what they write.
 * - **G3** Reads are linearizable unless asked otherwise.
 * - **G4** Reads at a revision never change until it is compacted.
 * - **G5** A watch is ordered, unique, gap-free, never splits a revision, resumes and reports progress.
 * - **G6** Asking for compacted history fails with `CompactedError`.
 * - **G7** A slow consumer gets back-pressure, then `WatchLaggedError`; never a gap.
 * - **G8** A lease that ends deletes its keys in one revision.
 * - **G9** A lease's deadline on this side is never later than the store's.
 * - **G10** Every failure is one of this module's errors or the signal's reason; a mutation that may have been sent is
 *   never silently retried: it fails with `AmbiguousResultError`.
 * - **G11** `close()` ends watches with `StoreClosedError`, rejects what is pending, and may be called again.
 * - **G12** Keys are ordered by the bytes of their UTF-8 form.
 */
export interface StateStore {
  /** What this store can do. */
  readonly capabilities: StoreCapabilities;
  /** What happens to its connection. */
  readonly events: Events<StoreEvents>;
  /**
   * Reads one key.
   *
   * @throws CompactedError, FutureRevisionError for a `revision` that is gone or yet to come.
   */
  get(key: string, options?: GetOptions): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }>;
  /**
   * Reads a range of keys at one revision.
   *
   * @throws CompactedError, FutureRevisionError for a `revision` that is gone or yet to come.
   */
  range(range: KeyRange, options?: RangeOptions): Promise<RangeResult>;
  /**
   * Runs a transaction.
   *
   * @remarks **Cancel safety.** Aborted before it was sent: the signal's reason, and nothing was applied. Later:
   * `AmbiguousResultError` with that reason as its cause.
   * @throws TooLargeError, LeaseNotFoundError, NotAppliedError: nothing was applied.
   */
  txn(txn: Txn, options?: { readonly signal?: AbortSignal | undefined }): Promise<TxnResult>;
  /**
   * Delivers the changes of a range, from a revision on. Registered at the call; the first batch is progress.
   *
   * @remarks It can be iterated once; leaving the loop ends it.
   * @throws CompactedError, WatchLaggedError, StoreClosedError from the iterator.
   */
  watch(range: KeyRange, options?: WatchOptions): AsyncIterable<WatchBatch>;
  /** Grants a lease of `ttlMs` milliseconds; attach keys to it with the `lease` of a put. */
  grantLease(ttlMs: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<Lease>;
  /** Discards history up to and including `revision`; the latest value of each key stays. */
  compact(revision: Revision): Promise<void>;
  /** How the store is, from this side. */
  health(): Promise<Health>;
  /** Lets go of everything. */
  close(): Promise<void>;
}
