import { statSync } from "node:fs";
import { StoreReadOnlyError, StoreUnavailableError } from "../../errors.js";
import type { BootClock } from "./boot-clock.js";
import { ChangeReads } from "./change-reads.js";
import { HistoryWrites } from "./history-writes.js";
import { KeyReads } from "./key-reads.js";
import { checkVersion, migrate } from "./schema.js";
import type { OpenDatabase, SqlDatabase, SqlStatement } from "./sql-database.js";
import { isBusy, isUnusable } from "./sqlite-errors.js";
import { TxnWrites, overdueLeases } from "./txn-writes.js";
import type { WorkerSettings } from "./worker-protocol.js";

/** Between two tries to open while another process holds the file; the thread does nothing else then. */
const openRetryMs = 10;

/** The connection that reads. */
export interface Reader {
  readonly database: SqlDatabase;
  readonly keys: KeyReads;
  readonly changes: ChangeReads;
  /** Changes whenever another connection has changed the file. */
  dataVersion(): number;
  /** Whether leases are left whose time is over. */
  hasOverdueLeases(clock: BootClock): boolean;
}

/** The connection that writes. */
export interface Writer {
  readonly database: SqlDatabase;
  /** Takes the lock. */
  readonly begin: SqlStatement;
  readonly commit: SqlStatement;
  readonly txns: TxnWrites;
  readonly history: HistoryWrites;
}

/** Both connections to a file. */
export interface Connections {
  readonly reader: Reader;
  readonly writer: Writer | undefined;
  /** Whether the file at this path is still the one that was opened. */
  isCurrent(): boolean;
  close(): void;
}

/** Opens a file, creating or migrating its tables; waits for other processes that do the same. */
export function connect(open: OpenDatabase, settings: WorkerSettings, clock: BootClock): Connections {
  const { file, readOnly, busyMs } = settings;
  const opened: SqlDatabase[] = [];
  const openOne = (): SqlDatabase => {
    const database = open(file, { readOnly });
    opened.push(database);
    return database;
  };
  const opening = <T>(work: () => T): T => patiently(busyMs, () => naming(file, work));
  const close = (): void => {
    for (const database of opened.splice(0)) database.close();
  };
  try {
    const writer = readOnly ? undefined : opening(() => toWriter(openOne(), settings, clock));
    const reader = opening(() => toReader(openOne()));
    const identity = identityOf(file);
    return { reader, writer, isCurrent: () => identityOf(file) === identity, close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Of a connection that must not write, what a writer would be asked. */
export function requireWriter({ writer }: Connections): Writer {
  if (writer === undefined) throw new StoreReadOnlyError("the store was opened with `readOnly`");
  return writer;
}

function toWriter(database: SqlDatabase, { synchronous, maxBytes }: WorkerSettings, clock: BootClock): Writer {
  checkVersion(database);
  const { journal_mode: mode } = database.prepare("PRAGMA journal_mode = WAL").get() as { journal_mode: string };
  if (mode !== "wal")
    throw new StoreUnavailableError("the file's place takes no write-ahead log; it must be a local disk");
  database.exec(`PRAGMA synchronous = ${synchronous}`);
  // Pages that many commits change come to the database's file once for all of them: a tenth faster than from 1,000 on.
  database.exec("PRAGMA wal_autocheckpoint = 4000");
  if (maxBytes !== undefined) {
    const { page_size: pageSize } = database.prepare("PRAGMA page_size").get() as { page_size: number };
    database.exec(`PRAGMA max_page_count = ${Math.max(1, Math.floor(maxBytes / pageSize))}`);
  }
  migrate(database);
  return {
    database,
    begin: database.prepare("BEGIN IMMEDIATE"),
    commit: database.prepare("COMMIT"),
    txns: new TxnWrites(database, clock),
    history: new HistoryWrites(database),
  };
}

function toReader(database: SqlDatabase): Reader {
  if (checkVersion(database) === 0) throw new StoreUnavailableError("the file holds no store yet");
  const version: SqlStatement = database.prepare("PRAGMA data_version");
  const overdue: SqlStatement = database.prepare(`${overdueLeases} LIMIT 1`);
  return {
    database,
    keys: new KeyReads(database),
    changes: new ChangeReads(database),
    dataVersion: () => (version.get() as { data_version: number }).data_version,
    hasOverdueLeases: (clock) => overdue.get(clock.bootId, clock.now()) !== undefined,
  };
}

/** Says of which file it is that it can't be opened, or is none of SQLite's. */
function naming<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!isUnusable(error)) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new StoreUnavailableError(`${file} can't be opened as a SQLite database: ${why}`, { cause: error });
  }
}

/** Does `work` as soon as nobody else holds the file, for `ms` milliseconds at most. */
function patiently<T>(ms: number, work: () => T): T {
  for (let waited = 0; ; waited += openRetryMs) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || waited >= ms) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, openRetryMs);
    }
  }
}

function identityOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.dev}:${stat.ino}`;
}
