import { fullCapabilities } from "../../full-capabilities.js";
import type { Health } from "../../../core/health.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { CompactedError, FutureRevisionError, LeaseNotFoundError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { Lease } from "../../lease.js";
import type { RangeOptions, RangeResult, StoreCapabilities, Txn, TxnResult } from "../../state-store.js";
import type {
  LogBackend,
  BackendListener,
  CallOptions,
  ChangesPage,
  ChangesRequest,
  Reach,
} from "../shared/backend.js";
import { byteBounds, toBytes } from "../shared/key-bytes.js";
import { unlessAborted, unlessAbortedWriting } from "./aborts.js";
import { type PageSize, PageSizes, upToPage } from "./change-page.js";
import type { Database } from "./database.js";
import { Observer } from "./observer.js";
import { type Queries, pageRevisions, queriesOf } from "./queries.js";
import { type Row, toEvent, toKeyValue, toPresent, toReach } from "./rows.js";
import { TxnBatcher } from "./txn-batcher.js";
import { decodeBatch, encodeBatch } from "./txn-wire.js";

const retentionMs = 60_000;

/** How much history is kept. */
export interface Retention {
  readonly ageMs: number;
  readonly revisions: number;
}

/** A schema of a Postgres database. */
export class PostgresBackend implements LogBackend {
  readonly driver = "postgres";
  readonly capabilities: StoreCapabilities = fullCapabilities;
  readonly #database: Database;
  readonly #queries: Queries;
  readonly #observer: Observer;
  readonly #batcher: TxnBatcher;
  readonly #pages = new PageSizes();
  readonly #retentionTimer: TimerHandle;
  /** Watches that are asking where the store is: what is written later must not come before their answer. */
  readonly #asking = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(runtime: Runtime, database: Database, retention: Retention) {
    this.#database = database;
    this.#queries = queriesOf(database.schema);
    this.#observer = new Observer({
      runtime,
      database,
      reachQuery: this.#queries.reach,
      sweep: () => this.#endLeases(null),
    });
    this.#batcher = new TxnBatcher((txns) => this.#send(txns));
    const retain = (): void => {
      void this.#retain(retention).catch(() => undefined); // it is tried again in a minute
      this.#retentionTimer.reset(retentionMs);
    };
    this.#retentionTimer = runtime.timer(retentionMs, retain, "postgres retention");
    this.#retentionTimer.unref();
  }

  /** A tenth for clocks of another speed, and some for the server's clock being set forward a little. */
  surelyHeld(ttlMs: number): number {
    return ttlMs * 0.9 - Math.min(500, ttlMs * 0.05);
  }

  listen(listener: BackendListener): void {
    this.#observer.listen(listener);
  }

  setWatching(isWatching: boolean): void {
    this.#observer.setWatching(isWatching);
  }

  async reach({ signal }: CallOptions): Promise<Reach> {
    const asking = this.#read("reach", this.#queries.reach, [], signal);
    const settled = asking.then(
      () => undefined,
      () => undefined,
    );
    this.#asking.add(settled);
    try {
      const [row] = await asking;
      return toReach(row ?? {});
    } finally {
      this.#asking.delete(settled);
    }
  }

  async get(
    key: string,
    { revision, signal }: Pick<RangeOptions, "revision" | "signal">,
  ): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }> {
    const { get, getAt } = this.#queries;
    const [row] =
      revision === undefined
        ? await this.#read("get", get, [toBytes(key)], signal)
        : await this.#read("get-at", getAt, [toBytes(key), revision], signal);
    const at = this.#readRevision(row, revision);
    const kv = toPresent(row);
    return kv === undefined ? { revision: at } : { revision: at, kv };
  }

  async range(range: KeyRange, options: RangeOptions): Promise<RangeResult> {
    const { revision, limit, signal, keysOnly = false, countOnly = false, reverse = false } = options;
    const isPast = revision !== undefined;
    const bounds = [...byteBounds(range), ...(isPast ? [revision] : [])];
    if (countOnly) {
      const [row] = await this.#read(`count-${isPast}`, this.#queries.count(isPast), bounds, signal);
      const count = Number(row?.["total"]);
      return { revision: this.#readRevision(row, revision), kvs: [], more: false, count };
    }
    const text = this.#queries.range({ isPast, isReverse: reverse, keysOnly });
    const name = `range-${isPast}-${reverse}-${keysOnly}`;
    const rows = await this.#read(name, text, [...bounds, limit ?? null], signal);
    const kvs = rows.filter(({ key }) => key !== null).map(toKeyValue);
    const count = limit === undefined ? kvs.length : Number(rows[0]?.["total"]);
    return { revision: this.#readRevision(rows[0], revision), kvs, more: kvs.length < count, count };
  }

  changes(request: ChangesRequest): Promise<ChangesPage> {
    return this.#pages.read((size) => this.#page(request, size));
  }

  async #page({ from, range, prevKv }: ChangesRequest, size: PageSize): Promise<ChangesPage> {
    const bounds = byteBounds(range ?? { prefix: "" });
    const values = [...bounds, from, from + pageRevisions - 1, size.events, size.bytes];
    const all = await this.#read(`changes-${prevKv}`, this.#queries.changes(prevKv), values);
    const { revision, compacted } = toReach(all[0] ?? {});
    if (from <= compacted || from > revision) return { revision, compacted, events: [], through: revision };
    const { rows, cut } = upToPage(
      all.filter(({ key }) => key !== null),
      size,
    );
    if (cut === undefined) {
      return { revision, compacted, events: rows.map(toEvent), through: Math.min(revision, from + pageRevisions - 1) };
    }
    if (rows.length > 0) return { revision, compacted, events: rows.map(toEvent), through: cut - 1 };
    const one = await this.#read(`revision-${prevKv}`, this.#queries.revision(prevKv), [...bounds, cut]);
    return { revision, compacted, events: one.map(toEvent), through: cut };
  }

  async txn(txn: Txn, options: CallOptions): Promise<TxnResult> {
    const result = await this.#batcher.txn(txn, options);
    this.#observer.saw(result.revision);
    return result;
  }

  async grant(id: string, ttlMs: number, options: CallOptions): Promise<Pick<Lease, "id" | "ttlMs">> {
    await unlessAbortedWriting(this.#write("grant", this.#queries.grant, [id, ttlMs]), options);
    return { id, ttlMs };
  }

  async keepAlive(id: string, options: CallOptions): Promise<void> {
    const rows = await unlessAbortedWriting(this.#write("keep-alive", this.#queries.keepAlive, [id]), options);
    if (rows.length === 0) throw new LeaseNotFoundError(id);
  }

  async revoke(id: string): Promise<void> {
    await this.#asked();
    await this.#endLeases(id);
  }

  async compact(revision: Revision): Promise<void> {
    const [row] = await this.#write("compact", this.#queries.compact, [revision]);
    const last = Number(row?.["revision"]);
    if (revision > last) {
      throw new FutureRevisionError(`revision ${revision} does not exist yet; the store is at ${last}`);
    }
    this.#observer.compacted({ revision: last, compacted: revision });
    void this.#trim().catch(() => undefined); // retention does the rest
  }

  async inspect(): Promise<NonNullable<Health["details"]>> {
    const [row = {}] = await this.#read("inspect", this.#queries.inspect, []);
    const { revision, compacted } = toReach(row);
    return { revision, compacted, leases: Number(row["leases"]), server: String(row["server"]) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#retentionTimer[Symbol.dispose]();
    this.#observer[Symbol.dispose]();
    await this.#batcher.close();
    await this.#database.close();
  }

  async #send(txns: readonly Txn[]): Promise<readonly (TxnResult | LeaseNotFoundError)[]> {
    await this.#asked();
    const { json, bytes } = encodeBatch(txns);
    return decodeBatch(txns, await this.#write("txn", this.#queries.txn, [json, bytes]));
  }

  /** Resolves once watches that asked before know where they begin. */
  async #asked(): Promise<void> {
    if (this.#asking.size > 0) await Promise.all(this.#asking);
  }

  async #endLeases(id: string | null): Promise<void> {
    const [row] = await this.#write("end-leases", this.#queries.endLeases, [id]);
    this.#observer.saw(Number(row?.["revision"]));
  }

  async #retain({ ageMs, revisions }: Retention): Promise<void> {
    const limits = [ageMs, revisions].map((limit) => Math.min(limit, Number.MAX_SAFE_INTEGER));
    await this.#write("retain", this.#queries.retain, limits);
    await this.#trim();
  }

  async #trim(): Promise<void> {
    for (let more = true; more && !this.#isClosed;) {
      const [row] = await this.#write("trim", this.#queries.trim, []);
      more = row?.["more"] === true;
    }
  }

  /** The revision that was read; refuses one that could not be. */
  #readRevision(row: Row | undefined, wanted: Revision | undefined): Revision {
    const { revision, compacted } = toReach(row ?? {});
    if (wanted === undefined) return revision;
    if (wanted <= compacted) throw new CompactedError(compacted);
    if (wanted <= revision) return wanted;
    throw new FutureRevisionError(`revision ${wanted} does not exist yet; the store is at ${revision}`);
  }

  #read(name: string, text: string, values: readonly unknown[], signal?: AbortSignal): Promise<readonly Row[]> {
    return unlessAborted(this.#database.query({ name: `keelson-${name}`, text, values }, "reading"), { signal });
  }

  #write(name: string, text: string, values: readonly unknown[]): Promise<readonly Row[]> {
    return this.#database.query({ name: `keelson-${name}`, text, values }, "writing");
  }
}
