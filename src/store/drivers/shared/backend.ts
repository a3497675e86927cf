import type { Health } from "../../../core/health.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { Lease } from "../../lease.js";
import type { RangeOptions, RangeResult, StoreCapabilities, Txn, TxnResult, WatchOptions } from "../../state-store.js";
import type { WatchEvent } from "../../watch-batch.js";
import type { WatchIterator } from "./watch-iterator.js";

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
  /**
   * The store has reached `revision`, and answered just now: what tails and progress live on. The first time it is called
   * before the first change of this store is sent.
   */
  reached(reach: Reach): void;
  connected(): void;
  disconnected(error: unknown): void;
  /** It is another store than before, or an older state of it: what watches and leases relied on is void. */
  replaced(reach: Reach): void;
}

/**
 * What a driver has to do; checks at the door, leases, events and closing are done once for all drivers. Each call
 * rejects with one of the store's errors or the signal's reason.
 */
export interface Backend {
  readonly driver: string;
  readonly capabilities: StoreCapabilities;
  /** Of a lease's time to live, how much its holder may count on, from when the request was sent. */
  surelyHeld(ttlMs: number): number;
  /** Called once, before anything else. */
  listen(listener: BackendListener): void;
  get(
    key: string,
    options: Pick<RangeOptions, "revision" | "consistency" | "signal">,
  ): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }>;
  range(range: KeyRange, options: RangeOptions): Promise<RangeResult>;
  txn(txn: Txn, options: CallOptions): Promise<TxnResult>;
  /** Grants a lease; `id` is one that nobody has, for a store that does not choose. Answers what was granted. */
  grant(id: string, ttlMs: number, options: CallOptions): Promise<Pick<Lease, "id" | "ttlMs">>;
  keepAlive(id: string, options: CallOptions): Promise<void>;
  revoke(id: string): Promise<void>;
  compact(revision: Revision): Promise<void>;
  /** What is wrong with a store that works nonetheless, for its health. */
  readonly warning?: string | undefined;
  /** Figures of its own for the store's health; rejects when it can't be reached. */
  inspect(): Promise<NonNullable<Health["details"]>>;
  /** Lets what has started end, refuses the rest, and lets go. */
  close(): Promise<void>;
}

/** What a driver of a database with a log of changes has to do on top: watches are made of it. */
export interface LogBackend extends Backend {
  /** Whether anybody watches: whether changes that others make have to be looked for. */
  setWatching(isWatching: boolean): void;
  /** How far the store reaches, such that every transaction called for later makes a later revision. */
  reach(options: CallOptions): Promise<Reach>;
  changes(request: ChangesRequest): Promise<ChangesPage>;
}

/** Where a store's watches come from. */
export interface WatchSource {
  /** How many watches there are. */
  readonly size: number;
  open(range: KeyRange, options: WatchOptions): WatchIterator;
  /** The store has reached `revision`. */
  reached(reach: Reach): void;
  /** Ends every watch, and starts anew at `revision`. */
  restart(revision: Revision, error: unknown): void;
  /** Ends every watch. */
  end(error: unknown): void;
}
