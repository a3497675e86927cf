import type { Revision } from "../../key-value.js";
import type { WatchEvent } from "../../watch-batch.js";
import type { ChangesPage, ChangesRequest, Reach } from "../shared/backend.js";
import { byteBounds } from "../shared/key-bytes.js";
import { type LogRow, logColumns, toKeyValue } from "./key-reads.js";
import type { SqlDatabase, SqlStatement } from "./sql-database.js";

/** A page ends with the revision that reaches one of these. */
const pageEvents = 1_000;
const pageBytes: number = 4 * 1_024 * 1_024;
/** Changes that are looked at for one page, so that a rare key in a long history keeps nobody waiting. */
const pageRevisions = 20_000;

/** Reads the log of changes on one connection, page by page. */
export class ChangeReads {
  readonly #changes: SqlStatement;
  readonly #revision: SqlStatement;
  readonly #previous: SqlStatement;

  constructor(database: SqlDatabase) {
    const from = `SELECT ${logColumns} FROM log l WHERE l.key >= ?1 AND l.key < ?2`;
    // The unary plus keeps SQLite from choosing the index of keys: changes are wanted in their order.
    const unindexed = from.replaceAll("l.key >=", "+l.key >=").replaceAll("l.key <", "+l.key <");
    this.#changes = database.prepare(`${unindexed} AND l.id >= (?3 << 20) AND l.id < ((?4 + 1) << 20) ORDER BY l.id`);
    this.#revision = database.prepare(`${unindexed} AND l.id >= (?3 << 20) AND l.id < ((?3 + 1) << 20) ORDER BY l.id`);
    this.#previous = database.prepare(
      `SELECT ${logColumns} FROM log l WHERE l.key = ?1 AND l.id < (?2 << 20) ORDER BY l.id DESC LIMIT 1`,
    );
  }

  page({ from, range, prevKv }: ChangesRequest, { revision, compacted }: Reach): ChangesPage {
    if (from <= compacted || from > revision) return { revision, compacted, events: [], through: revision };
    const [start, end] = byteBounds(range ?? { prefix: "" });
    const last = Math.min(revision, from + pageRevisions - 1);
    const { rows, cut } = upToPage(this.#changes.iterate(start, end, from, last) as Iterable<LogRow>);
    // The revision at which the page was cut may be incomplete; if there is no other, it is read to its end.
    const first = rows[0]?.modified;
    const isOne = cut !== undefined && cut === first;
    const whole = isOne ? this.#revision.all(start, end, cut) : rows.filter(({ modified }) => modified !== cut);
    const events = (whole as readonly LogRow[]).map((row) => this.#toEvent(row, prevKv));
    return { revision, compacted, events, through: isOne ? cut : (cut ?? last + 1) - 1 };
  }

  #toEvent(row: LogRow, prevKv: boolean): WatchEvent {
    const type = row.value === null ? "delete" : "put";
    const kv = toKeyValue(row);
    if (!prevKv || row.version === 1) return { type, kv };
    const prev = this.#previous.get(row.key, row.modified) as LogRow | undefined;
    return prev === undefined || prev.value === null ? { type, kv } : { type, kv, prev: toKeyValue(prev) };
  }
}

/** The rows that fit on a page and the one after them, whose revision is `cut`; no cut if that was all. */
function upToPage(all: Iterable<LogRow>): { readonly rows: readonly LogRow[]; readonly cut: Revision | undefined } {
  const rows: LogRow[] = [];
  let bytes = 0;
  for (const row of all) {
    rows.push(row);
    bytes += row.value?.length ?? 0;
    if (rows.length > pageEvents || bytes > pageBytes) return { rows, cut: row.modified };
  }
  return { rows, cut: undefined };
}
