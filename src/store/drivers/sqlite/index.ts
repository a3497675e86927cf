/**
 * The StateStore in a SQLite file: durable, for the processes of one machine.
 *
 * @module store/sqlite
 */
export { type SqliteStoreOptions, sqliteStore } from "./sqlite-store.js";
export type { RetentionOptions } from "../shared/retention.js";
