import { StoreUnavailableError, UnsupportedError } from "../../errors.js";
import { functions } from "./functions.js";
import type { PgClient } from "./pg-client.js";
import { tables } from "./tables.js";

/** What brings a schema from one version to the next. */
const migrations: readonly ((schema: string) => string)[] = [(schema) => tables(schema) + functions(schema)];

/** Creates the schema, or brings it up to date, one process at a time; refuses what can't be used. */
export async function migrate(client: Pick<PgClient, "query">, schema: string): Promise<void> {
  const [server] = (await client.query({ text: "SELECT pg_is_in_recovery() AS standby" })).rows;
  if (server?.["standby"] === true) {
    throw new StoreUnavailableError("this server is a standby, whose reads are stale; connect to the primary");
  }
  if ((await versionOf(client, schema)) === migrations.length) return;
  await client.query({ text: "BEGIN" });
  try {
    await client.query({
      text: "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
      values: [`keelson ${schema}`],
    });
    await client.query({ text: `CREATE SCHEMA IF NOT EXISTS ${schema}` });
    const version = await versionOf(client, schema);
    for (const migration of migrations.slice(version)) await client.query({ text: migration(schema) });
    await client.query({ text: `UPDATE ${schema}.meta SET version = ${migrations.length}` });
    await client.query({ text: "COMMIT" });
  } catch (error) {
    await client.query({ text: "ROLLBACK" }).catch(() => undefined);
    throw error;
  }
}

/** The version of the schema's tables, 0 if there are none. */
async function versionOf(client: Pick<PgClient, "query">, schema: string): Promise<number> {
  const known = await client.query({ text: "SELECT to_regclass($1) AS meta", values: [`${schema}.meta`] });
  if (known.rows[0]?.["meta"] === null) return 0;
  const { rows } = await client.query({ text: `SELECT version FROM ${schema}.meta` });
  const version = Number(rows[0]?.["version"]);
  if (version <= migrations.length) return version;
  throw new UnsupportedError(
    `the schema was made by a later version of keelson: it is ${version}, this version knows ${migrations.length}`,
  );
}
