/**
 * The StateStore in a Postgres database: durable, for processes on many machines.
 *
 * @module store/postgres
 */
export { type PostgresStoreOptions, postgresStore } from "./postgres-store.js";
export type { Pg, PgClient, PgConfig, PgPool, PgPoolClient, PgQuery, PgResult } from "./pg-client.js";
export type { RetentionOptions } from "../shared/retention.js";
