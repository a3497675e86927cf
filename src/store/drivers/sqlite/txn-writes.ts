import { LeaseNotFoundError, FutureRevisionError, TooLargeError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { Op, OpResult } from "../../operation.js";
import type { Txn, TxnResult } from "../../state-store.js";
import { holds } from "../shared/conditions.js";
import type { BootClock } from "./boot-clock.js";
import { toBytes } from "../shared/key-bytes.js";
import { KeyReads, type StoreReach } from "./key-reads.js";
import { placesPerRevision } from "./schema.js";
import type { SqlDatabase, SqlStatement } from "./sql-database.js";

/** Leases whose time is over, and those of another start of the machine; `?1` is this one, `?2` the time. */
export const overdueLeases = "SELECT id FROM lease WHERE boot <> ?1 OR expires <= ?2 OR expires - ttl > ?2";

/** Makes changes on the writing connection, within the transaction that somebody else has begun. */
export class TxnWrites {
  readonly reads: KeyReads;
  readonly #clock: BootClock;
  readonly #log: SqlStatement;
  readonly #kv: SqlStatement;
  readonly #before: SqlStatement;
  readonly #drop: SqlStatement;
  readonly #moved: SqlStatement;
  readonly #lease: SqlStatement;
  readonly #grant: SqlStatement;
  readonly #prolong: SqlStatement;
  readonly #forget: SqlStatement;
  readonly #leased: SqlStatement;
  readonly #overdue: SqlStatement;
  readonly #compacted: SqlStatement;
  /** How far the store reaches, in this transaction. */
  #reach: StoreReach = { store: "", revision: 0, compacted: 0 };
  #stored: Revision = 0;
  /** Places taken within the next revision. */
  #places = 0;

  constructor(database: SqlDatabase, clock: BootClock) {
    this.reads = new KeyReads(database);
    this.#clock = clock;
    this.#log = database.prepare("INSERT INTO log VALUES ((?1 << 20) + ?2, ?3, ?4, ?5, ?6, ?7)");
    this.#kv = database.prepare(
      "INSERT INTO kv VALUES (?1, (?2 << 20) + ?3, ?4) ON CONFLICT (key) DO UPDATE SET id = excluded.id, lease = excluded.lease",
    );
    this.#before = database.prepare("SELECT l.created, l.version FROM kv JOIN log l ON l.id = kv.id WHERE kv.key = ?1");
    this.#drop = database.prepare("DELETE FROM kv WHERE key = ?1");
    this.#moved = database.prepare("UPDATE keelson SET revision = ?1");
    this.#lease = database.prepare(
      "SELECT ttl FROM lease WHERE id = ?1 AND boot = ?2 AND expires > ?3 AND expires - ttl <= ?3",
    );
    this.#grant = database.prepare("INSERT INTO lease VALUES (?1, ?2, ?3, ?4)");
    this.#prolong = database.prepare("UPDATE lease SET expires = ?2 WHERE id = ?1");
    this.#forget = database.prepare("DELETE FROM lease WHERE id = ?1");
    this.#leased = database.prepare("SELECT key FROM kv WHERE lease = ?1 ORDER BY key");
    this.#overdue = database.prepare(overdueLeases);
    this.#compacted = database.prepare("UPDATE keelson SET compacted = ?1");
  }

  /** How far the store reaches, in the transaction that is under way or was the last. */
  get reach(): StoreReach {
    return this.#reach;
  }

  /** Whether a revision has changes and is not complete. */
  get isAmidRevision(): boolean {
    return this.#places > 0;
  }

  /** Called when the transaction has begun. */
  begin(): void {
    this.#reach = this.reads.reach();
    this.#stored = this.#reach.revision;
    this.#places = 0;
  }

  /** Notes the last revision; called before the transaction is committed. */
  finish(): void {
    const { revision } = this.#reach;
    if (revision === this.#stored) return;
    this.#moved.run(revision);
    this.#stored = revision;
  }

  txn(txn: Txn): TxnResult {
    const succeeded = txn.if?.every((condition) => holds(condition, this.reads.latest(condition.key))) ?? true;
    const ops = succeeded ? txn.then : (txn.else ?? []);
    for (const op of ops) if (op.type === "put" && op.lease !== undefined) this.#check(op.lease);
    const results = ops.map((op) => this.#run(op));
    this.#endRevision();
    return { succeeded, revision: this.#reach.revision, results };
  }

  grant(id: string, ttlMs: number): void {
    this.#grant.run(id, ttlMs, this.#clock.bootId, this.#clock.now() + ttlMs);
  }

  keepAlive(id: string): void {
    this.#prolong.run(id, this.#clock.now() + this.#check(id));
  }

  /** Ends a lease, and deletes its keys in one revision. */
  endLease(id: string): void {
    const keys = this.#leased.all(id) as readonly { key: Uint8Array }[];
    for (const { key } of keys) this.#remove(key);
    this.#endRevision();
    this.#forget.run(id);
  }

  /** Leases whose time is over, and those of another start of the machine. */
  overdueLeases(): readonly string[] {
    const rows = this.#overdue.all(this.#clock.bootId, this.#clock.now()) as readonly { id: string }[];
    return rows.map(({ id }) => id);
  }

  compact(revision: Revision): void {
    const { revision: last, compacted } = this.#reach;
    if (revision > last) {
      throw new FutureRevisionError(`revision ${revision} does not exist yet; the store is at ${last}`);
    }
    if (revision <= compacted) return;
    this.#compacted.run(revision);
    this.#reach = { ...this.#reach, compacted: revision };
  }

  /** Refuses a lease that is gone or overdue; answers its time to live. */
  #check(id: string): number {
    const { bootId } = this.#clock;
    const row = this.#lease.get(id, bootId, this.#clock.now()) as { ttl: number } | undefined;
    if (row === undefined) throw new LeaseNotFoundError(id);
    return row.ttl;
  }

  #run(op: Op): OpResult {
    switch (op.type) {
      case "put":
        this.#put(toBytes(op.key), op.value, op.lease ?? null);
        return { type: "put" };
      case "delete":
        return this.#delete(op.range, op.prevKv === true);
      case "range": {
        const { kvs, more, count } = this.reads.range(op.range, op.limit === undefined ? {} : { limit: op.limit });
        return { type: "range", kvs, more, count };
      }
    }
  }

  #put(key: Uint8Array, value: Uint8Array, lease: string | null): void {
    const before = this.#before.get(key) as { created: Revision; version: number } | undefined;
    const place = this.#nextPlace();
    const revision = this.#reach.revision + 1;
    this.#log.run(revision, place, key, value, before?.created ?? revision, (before?.version ?? 0) + 1, lease);
    this.#kv.run(key, revision, place, lease);
  }

  #delete(range: KeyRange, prevKv: boolean): OpResult {
    const { kvs } = this.reads.range(range, { keysOnly: !prevKv });
    for (const { key } of kvs) this.#remove(toBytes(key));
    const prevKvs: readonly KeyValue[] = prevKv ? kvs : [];
    return { type: "delete", deleted: kvs.length, prevKvs };
  }

  #remove(key: Uint8Array): void {
    this.#log.run(this.#reach.revision + 1, this.#nextPlace(), key, null, 0, 0, null);
    this.#drop.run(key);
  }

  #nextPlace(): number {
    if (this.#places < placesPerRevision) return this.#places++;
    throw new TooLargeError(`a transaction changes at most ${placesPerRevision} keys`);
  }

  #endRevision(): void {
    if (this.#places === 0) return;
    this.#reach = { ...this.#reach, revision: this.#reach.revision + 1 };
    this.#places = 0;
  }
}
