import type { Revision } from "../../key-value.js";
import type { SqlDatabase, SqlStatement } from "./sql-database.js";

/** Changes that one step of trimming looks at, so that writers wait for milliseconds only. */
const perStep = 200;

interface Doomed {
  readonly revision: Revision;
  readonly place: number;
  readonly key: Uint8Array;
  readonly isDeletion: number;
}

/** How much history is kept. */
export interface Retention {
  readonly retentionAgeMs: number;
  readonly retentionRevisions: number;
}

/** Removes history, within the transaction that somebody else has begun. */
export class HistoryWrites {
  readonly #doomed: SqlStatement;
  readonly #forgetOlder: SqlStatement;
  readonly #forget: SqlStatement;
  readonly #trimmed: SqlStatement;
  readonly #state: SqlStatement;
  readonly #mark: SqlStatement;
  readonly #newestMark: SqlStatement;
  readonly #oldMark: SqlStatement;
  readonly #dropMarks: SqlStatement;

  constructor(database: SqlDatabase) {
    this.#doomed = database.prepare(
      `SELECT l.id >> 20 AS revision, l.id & 1048575 AS place, l.key, l.value IS NULL AS isDeletion FROM keelson k
       JOIN log l ON l.id > k.trimmed AND l.id < ((k.compacted + 1) << 20) ORDER BY l.id LIMIT ${perStep}`,
    );
    this.#forgetOlder = database.prepare("DELETE FROM log WHERE key = ?1 AND id < (?2 << 20) + ?3");
    this.#forget = database.prepare("DELETE FROM log WHERE id = (?1 << 20) + ?2");
    this.#trimmed = database.prepare("UPDATE keelson SET trimmed = (?1 << 20) + ?2");
    this.#state = database.prepare("SELECT revision, compacted FROM keelson");
    this.#mark = database.prepare("INSERT OR REPLACE INTO mark VALUES (?1, ?2)");
    this.#newestMark = database.prepare("SELECT max(at) AS at FROM mark");
    this.#oldMark = database.prepare("SELECT max(revision) AS revision FROM mark WHERE at <= ?1");
    this.#dropMarks = database.prepare("DELETE FROM mark WHERE revision <= ?1");
  }

  /**
   * Removes some of what compaction has given up: what a change up to the compacted revision replaced, and deletions
   * themselves. Tells whether there is more.
   */
  trim(): boolean {
    const doomed = this.#doomed.all() as readonly Doomed[];
    for (const { revision, place, key, isDeletion } of doomed) {
      this.#forgetOlder.run(key, revision, place);
      if (isDeletion === 1) this.#forget.run(revision, place);
    }
    const last = doomed.at(-1);
    if (last !== undefined) this.#trimmed.run(last.revision, last.place);
    return doomed.length === perStep;
  }

  /** The revision up to which history has outlived its retention, if any; notes which revision it is `now`. */
  outlived(now: number, { retentionAgeMs, retentionRevisions }: Retention): Revision | undefined {
    const { revision, compacted } = this.#state.get() as { revision: Revision; compacted: Revision };
    const { at } = this.#newestMark.get() as { at: number | null };
    // The clock may have been set back; marks of the future would never be replaced.
    if (at === null || Math.abs(now - at) > 50_000) this.#mark.run(Math.floor(now), revision);
    const old = this.#oldMark.get(now - retentionAgeMs) as { revision: Revision | null };
    // The present revision can always be read, and watched from.
    const target = Math.min(revision - 1, Math.max(revision - retentionRevisions, old.revision ?? 0));
    this.#dropMarks.run(target);
    return target > compacted ? target : undefined;
  }
}
