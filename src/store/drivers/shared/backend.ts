import type { Health } from "../../../core/health.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { RangeOptions, RangeResult, StoreCapabilities, Txn, TxnResult } from "../../state-store.js";
import type { WatchEvent } from "../../watch-batch.js";

/** How a call may be given up. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** How far a store's history reaches. */
export interface Reach {
  readonly revision: Revision;
  readonly compacted: Revision;
}

/** Which changes are wanted, oldest first. */
export interface ChangesRequest {
  readonly from: Revision;
  /** Only the changes of this range; all where it is absent. */
  readonly range?: KeyRange;
  /** Whether each key's previous state is wanted. */
  readonly prevKv: boolean;
}

/** Changes of whole revisions: all there are from the one asked for up to `through`. */
export interface ChangesPage extends Reach {
  readonly events: readonly WatchEvent[];
  readonly through: Revision;
}

/** What a driver tells the store that stands on it. */
export interface BackendListener {
  /** The store has reached `revision`, and answered just now: what tails and progress live on. */
  reached(reach: Reach): void;
  connected(): void;
  disconnected(error: unknown): void;
  /** It is another store than before, or an older state of it: what watches and leases relied on is void. */
  replaced(reach: Reach): void;
}

/**
 * What a driver of a database with a log of changes has to do; checks at the door, watches, leases, events and closing
 * are done once for all such drivers. Each call rejects with one of the store's errors or the signal's reason.
 */
export interface Backend {
  readonly driver: string;
  readonly capabilities: StoreCapabilities;
  /** Of a lease's time to live, how much its holder may count on, from when the request was sent. */
  surelyHeld(ttlMs: number): number;
  /** Called once, before anything else. */
  listen(listener: BackendListener): void;
  /** Whether anybody watches: whether changes that others make have to be looked for. */
  setWatching(isWatching: boolean): void;
  /** How far the store reaches, such that every transaction called for later makes a later revision. */
  reach(options: CallOptions): Promise<Reach>;
  get(
    key: string,
    options: Pick<RangeOptions, "revision" | "consistency" | "signal">,
  ): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }>;
  range(range: KeyRange, options: RangeOptions): Promise<RangeResult>;
  txn(txn: Txn, options: CallOptions): Promise<TxnResult>;
  changes(request: ChangesRequest): Promise<ChangesPage>;
  grant(id: string, ttlMs: number, options: CallOptions): Promise<void>;
  keepAlive(id: string, options: CallOptions): Promise<void>;
  revoke(id: string): Promise<void>;
  compact(revision: Revision): Promise<void>;
  /** Figures of its own for the store's health; rejects when it can't be reached. */
  inspect(): Promise<NonNullable<Health["details"]>>;
  /** Lets what has started end, refuses the rest, and lets go. */
  close(): Promise<void>;
}
