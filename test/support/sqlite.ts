import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire, isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What is missing for a SQLite store, if anything: the reason for which its tests are skipped. */
export const sqliteMissing: string | undefined = missing();

function missing(): string | undefined {
  if (isBuiltin("node:sqlite")) return undefined;
  try {
    createRequire(import.meta.url).resolve("better-sqlite3");
    return undefined;
  } catch {
    return "this Node has no node:sqlite: `npm install --no-save better-sqlite3@12` to run it";
  }
}

/** Where files cost no disk, on Linux. */
const memoryDisk = "/dev/shm";

/** A folder for one test's files, removed when it is disposed. */
export function temporaryFolder(): { readonly path: string; file(name: string): string } & Disposable {
  const path = mkdtempSync(join(existsSync(memoryDisk) ? memoryDisk : tmpdir(), "keelson-"));
  return {
    path,
    file: (name) => join(path, name),
    [Symbol.dispose]: () => {
      rmSync(path, { recursive: true, force: true });
    },
  };
}

/** A connection of one of the drivers. */
export interface RawDatabase {
  exec(sql: string): unknown;
  prepare(sql: string): { get(): unknown };
  close(): unknown;
}

/** A connection past the store: what another program might do to the file. It waits while the store is writing. */
export function rawSqlite(file: string): RawDatabase {
  const database = connection(file);
  database.exec("PRAGMA busy_timeout = 60000");
  return database;
}

function connection(file: string): RawDatabase {
  const require = createRequire(import.meta.url);
  try {
    return new (require("better-sqlite3") as new (file: string) => RawDatabase)(file);
  } catch {
    return new (require("node:sqlite") as { DatabaseSync: new (file: string) => RawDatabase }).DatabaseSync(file);
  }
}
