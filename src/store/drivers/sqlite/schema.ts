import { UnsupportedError } from "../../errors.js";
import type { SqlDatabase } from "./sql-database.js";

/**
 * The tables. A change's id is its revision and its place within it (20 bits), so that the log needs no other order.
 * `kv` says which change each present key is at; `log` holds every change that can still be read, values and all.
 */
const migrations: readonly string[] = [
  `CREATE TABLE keelson (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     store TEXT NOT NULL,
     revision INTEGER NOT NULL,
     compacted INTEGER NOT NULL,
     trimmed INTEGER NOT NULL
   );
   CREATE TABLE log (
     id INTEGER PRIMARY KEY,
     key BLOB NOT NULL,
     value BLOB,
     created INTEGER NOT NULL,
     version INTEGER NOT NULL,
     lease TEXT
   );
   CREATE INDEX log_key ON log (key);
   CREATE TABLE kv (key BLOB PRIMARY KEY, id INTEGER NOT NULL, lease TEXT) WITHOUT ROWID;
   CREATE INDEX kv_lease ON kv (lease) WHERE lease IS NOT NULL;
   CREATE TABLE lease (
     id TEXT PRIMARY KEY,
     ttl REAL NOT NULL,
     boot TEXT NOT NULL,
     expires REAL NOT NULL
   ) WITHOUT ROWID;
   CREATE TABLE mark (at INTEGER PRIMARY KEY, revision INTEGER NOT NULL);
   INSERT INTO keelson VALUES (1, lower(hex(randomblob(16))), 1, 0, 0);`,
];

/** "keel" in ASCII: tells our files from others. */
const applicationId = 0x6b65656c;

interface FileState {
  readonly version: number;
  readonly application: number;
  readonly tables: number;
}

/** In one statement, since another process may be creating the tables. */
const fileState = `SELECT user_version AS version, application_id AS application, (SELECT count(*) FROM sqlite_schema) AS tables
  FROM pragma_user_version, pragma_application_id`;

/** Places a revision's changes have. */
export const placesPerRevision: number = 2 ** 20;

/** Creates the tables, or brings them up to date; refuses a file that is somebody else's or from a later version. */
export function migrate(database: SqlDatabase): void {
  if (checkVersion(database) === migrations.length) return; // the lock may be held for long
  database.exec("BEGIN IMMEDIATE");
  try {
    const version = checkVersion(database);
    for (const migration of migrations.slice(version)) database.exec(migration);
    if (version < migrations.length) {
      database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    }
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}

/** Refuses a file that can't be used as it is; answers the version of its tables, 0 if it has none. */
export function checkVersion(database: SqlDatabase): number {
  const { version, application, tables } = database.prepare(fileState).get() as FileState;
  if (application !== applicationId && (tables > 0 || application !== 0)) {
    throw new UnsupportedError("the file is a database, but not one of keelson's");
  }
  if (version > migrations.length) {
    throw new UnsupportedError(
      `the file was written by a later version of keelson: its schema is ${version}, this version knows ${migrations.length}`,
    );
  }
  return version;
}
