import { StoreError, StoreFullError, StoreReadOnlyError, StoreUnavailableError } from "../../errors.js";

/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const codes = {
  SQLITE_BUSY: 5,
  SQLITE_LOCKED: 6,
  SQLITE_READONLY: 8,
  SQLITE_IOERR: 10,
  SQLITE_CORRUPT: 11,
  SQLITE_FULL: 13,
  SQLITE_CANTOPEN: 14,
  SQLITE_NOTADB: 26,
} as const;

/** The primary result code of an error of either driver; `undefined` for any other error. */
export function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("errcode" in error && typeof error.errcode === "number") return error.errcode & 0xff; // node:sqlite
  if (!("code" in error) || typeof error.code !== "string") return undefined;
  const primary = error.code.split("_").slice(0, 2).join("_"); // better-sqlite3: SQLITE_IOERR_WRITE and so on
  return primary in codes ? codes[primary as keyof typeof codes] : undefined;
}

/** Whether somebody else holds the lock that was wanted. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error);
  return code === codes.SQLITE_BUSY || code === codes.SQLITE_LOCKED;
}

/** Whether the file can't be opened, which a driver may say without a code, or is no database. */
export function isUnusable(error: unknown): boolean {
  const code = resultCode(error);
  if (code === undefined) return !(error instanceof StoreError);
  return code === codes.SQLITE_CANTOPEN || code === codes.SQLITE_NOTADB || code === codes.SQLITE_CORRUPT;
}

/** Whether a commit that failed so may have reached the disk. */
export function isDoubtful(error: unknown): boolean {
  return resultCode(error) === codes.SQLITE_IOERR;
}

/** An error of SQLite as one of the store's. */
export function toStoreError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const code = resultCode(error);
  if (code === codes.SQLITE_READONLY) return new StoreReadOnlyError(`SQLite can't write to the file: ${message}`);
  if (code === codes.SQLITE_FULL) return new StoreFullError(`SQLite has no room left: ${message}`);
  return new StoreUnavailableError(`SQLite failed: ${message}`);
}
