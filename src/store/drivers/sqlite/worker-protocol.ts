import type { KeyRange } from "../../key-range.js";
import type { Revision } from "../../key-value.js";
import type { RangeOptions } from "../../state-store.js";
import type { ChangesRequest, Reach } from "../shared/backend.js";
import type { SqliteDriver } from "./sql-database.js";
import type { PackedTxn } from "./txn-packing.js";
import type { WireError } from "./wire-error.js";

/** What the worker is started with. */
export interface WorkerSettings {
  readonly file: string;
  readonly driver: SqliteDriver;
  readonly module: string | undefined;
  readonly readOnly: boolean;
  readonly synchronous: "FULL" | "NORMAL";
  readonly maxBytes: number | undefined;
  readonly busyMs: number;
  readonly retentionAgeMs: number;
  readonly retentionRevisions: number;
}

/** A call that only reads. */
export type ReadCall =
  | { readonly type: "get"; readonly key: string; readonly revision: Revision | undefined }
  | { readonly type: "range"; readonly range: KeyRange; readonly options: Omit<RangeOptions, "signal"> }
  | { readonly type: "changes"; readonly request: ChangesRequest }
  | { readonly type: "reach" }
  | { readonly type: "inspect" };

/** A call that writes, in the order in which they are due: what keeps leases alive comes first. */
export type WriteCall =
  | { readonly type: "keepAlive"; readonly id: string }
  | { readonly type: "grant"; readonly id: string; readonly ttlMs: number }
  | { readonly type: "revoke"; readonly id: string }
  | { readonly type: "txn"; readonly txn: PackedTxn }
  | { readonly type: "compact"; readonly revision: Revision };

/** A call that was received: `id` names its answer, `slot` is where its state is shared. */
export interface Request<C = ReadCall | WriteCall> {
  readonly id: number;
  readonly slot: number;
  readonly call: C;
}

/** A request on its way. */
export type SentRequest = readonly [id: number, slot: number, call: ReadCall | WriteCall];

/** What the store says to the worker. */
export type ToWorker =
  | readonly SentRequest[]
  | { readonly type: "slots"; readonly memory: SharedArrayBuffer }
  | { readonly type: "watching"; readonly isWatching: boolean }
  | { readonly type: "close" };

/** The answer to one request; neither a value nor an error means that it had been cancelled in time. */
export type Answer = readonly [id: number, value?: unknown, error?: WireError];

/** Answers; those of writes with how far they have brought the store, which is to be heard of first. */
export type Answers = readonly [answers: readonly Answer[], revision?: Revision, compacted?: Revision];

/** What the worker says to the store. */
export type FromWorker =
  | Answers
  | { readonly type: "reached"; readonly reach: Reach }
  | { readonly type: "replaced"; readonly reach: Reach }
  | { readonly type: "opened" }
  | { readonly type: "failed"; readonly error: WireError }
  | { readonly type: "busy" }
  | { readonly type: "closed" };
