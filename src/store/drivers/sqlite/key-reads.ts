import { CompactedError, FutureRevisionError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { RangeOptions, RangeResult } from "../../state-store.js";
import type { Reach } from "../shared/backend.js";
import { byteBounds, toBytes, toKey } from "../shared/key-bytes.js";
import type { SqlDatabase, SqlStatement, SqlValue } from "./sql-database.js";

/** A change as it is in the log. */
export interface LogRow {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly created: Revision;
  readonly modified: Revision;
  readonly version: number;
  readonly lease: string | null;
}

/** The columns of a {@link LogRow}, of a log called `l`. */
export const logColumns = "l.key, l.value, l.created, l.id >> 20 AS modified, l.version, l.lease";

/** How far a store reaches, and which store it is. */
export interface StoreReach extends Reach {
  readonly store: string;
}

const empty = new Uint8Array(0);

/** How the keys of a range are found: those that are present, or those that were at `revision`. */
const present = "FROM kv JOIN log l ON l.id = kv.id WHERE kv.key >= ?1 AND kv.key < ?2";
const past = `FROM log l WHERE l.value IS NOT NULL AND l.id IN (
  SELECT max(id) FROM log WHERE key >= ?1 AND key < ?2 AND id < ((?3 + 1) << 20) GROUP BY key)`;

/** Reads keys on one connection, as they are in the transaction it is in. */
export class KeyReads {
  readonly #database: SqlDatabase;
  readonly #reach: SqlStatement;
  readonly #latest: SqlStatement;
  readonly #at: SqlStatement;
  readonly #ranges = new Map<string, SqlStatement>();

  constructor(database: SqlDatabase) {
    this.#database = database;
    this.#reach = database.prepare("SELECT store, revision, compacted FROM keelson");
    this.#latest = database.prepare(`SELECT ${logColumns} FROM kv JOIN log l ON l.id = kv.id WHERE kv.key = ?1`);
    this.#at = database.prepare(
      `SELECT ${logColumns} FROM log l WHERE l.key = ?1 AND l.id < ((?2 + 1) << 20) ORDER BY l.id DESC LIMIT 1`,
    );
  }

  /** How far the store reaches, and which store it is. */
  reach(): StoreReach {
    return this.#reach.get() as StoreReach;
  }

  latest(key: string): KeyValue | undefined {
    const row = this.#latest.get(toBytes(key)) as LogRow | undefined;
    return row === undefined ? undefined : toKeyValue(row);
  }

  get(key: string, revision: Revision | undefined): { readonly revision: Revision; readonly kv?: KeyValue } {
    const reach = this.reach();
    if (revision !== undefined) checkReadable(reach, revision);
    const kv = revision === undefined ? this.latest(key) : this.#readAt(key, revision);
    const at = revision ?? reach.revision;
    return kv === undefined ? { revision: at } : { revision: at, kv };
  }

  range(range: KeyRange, options: Omit<RangeOptions, "signal"> = {}): RangeResult {
    const { revision, limit, keysOnly, countOnly, reverse } = options;
    const reach = this.reach();
    if (revision !== undefined) checkReadable(reach, revision);
    const source = revision === undefined ? present : past;
    const parameters = [...byteBounds(range), ...(revision === undefined ? [] : [revision])];
    const at = revision ?? reach.revision;
    if (countOnly === true) return { revision: at, kvs: [], more: false, count: this.#count(source, parameters) };
    const columns = keysOnly === true ? logColumns.replace("l.value", "x'' AS value") : logColumns;
    const order = reverse === true ? "DESC" : "ASC";
    const sql = `SELECT ${columns} ${source} ORDER BY l.key ${order} LIMIT ?${parameters.length + 1}`;
    const kvs = this.#all(sql, [...parameters, limit ?? -1]).map(toKeyValue);
    const count = limit === undefined || kvs.length < limit ? kvs.length : this.#count(source, parameters);
    return { revision: at, kvs, more: kvs.length < count, count };
  }

  #readAt(key: string, revision: Revision): KeyValue | undefined {
    const row = this.#at.get(toBytes(key), revision) as LogRow | undefined;
    return row === undefined || row.value === null ? undefined : toKeyValue(row);
  }

  #count(source: string, parameters: readonly SqlValue[]): number {
    // What is present can be counted without looking into the log.
    const sql =
      source === present
        ? "SELECT count(*) AS n FROM kv WHERE key >= ?1 AND key < ?2"
        : `SELECT count(*) AS n ${source}`;
    return (this.#prepared(sql).get(...parameters) as { n: number }).n;
  }

  #all(sql: string, parameters: readonly SqlValue[]): readonly LogRow[] {
    return this.#prepared(sql).all(...parameters) as readonly LogRow[];
  }

  #prepared(sql: string): SqlStatement {
    let statement = this.#ranges.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#ranges.set(sql, statement);
    }
    return statement;
  }
}

/** Refuses a revision that cannot be read. */
function checkReadable({ revision: last, compacted }: Reach, revision: Revision): void {
  if (revision <= compacted) throw new CompactedError(compacted);
  if (revision <= last) return;
  throw new FutureRevisionError(`revision ${revision} does not exist yet; the store is at ${last}`);
}

/** A row as a key; a deletion has no value. */
export function toKeyValue({ key, value, created, modified, version, lease }: LogRow): KeyValue {
  const kv = {
    key: toKey(key),
    value: value === null ? empty : plain(value),
    createRevision: created,
    modRevision: modified,
    version,
  };
  return lease === null ? kv : { ...kv, leaseId: lease };
}

/** Bytes in memory of their own: a `Buffer` may be a part of a pool, all of which would cross to the other thread. */
function plain(bytes: Uint8Array): Uint8Array {
  return bytes.length === bytes.buffer.byteLength ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
}
