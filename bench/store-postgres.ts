import pg from "pg";
import { type StateStore, op } from "keelson/store";
import { postgresStore } from "keelson/store/postgres";
import { type PostgresServer, postgresFolder, startPostgres } from "../test/support/servers.js";
import type { Row } from "./harness.js";
import { type Put, latencyRows, putsPerSecond } from "./store-measures.js";

const value = new Uint8Array(100).fill(7);
const keys = 100;

/** The rows of the Postgres store, on a server of its own that waits for its disk. */
export function postgresRows(): readonly Row[] {
  if (postgresFolder() === undefined) {
    console.log("Postgres is not installed: its rows are left out");
    return [];
  }
  let started: Promise<PostgresServer> | undefined;
  const server = (): Promise<PostgresServer> => (started ??= start());
  const open = async (schema = "bench"): Promise<StateStore> => postgresStore({ url: (await server()).url, schema });
  const ours = async (): Promise<Put> => {
    const store = await open();
    return (index) => store.txn({ then: [op.put(`/bench/${index % keys}`, value)] });
  };
  const raw = async (): Promise<Put> => {
    const store = await open("raw");
    await store.get("/first");
    await store.close();
    const pool = new pg.Pool({ connectionString: (await server()).url, max: 8 });
    const bytes = Buffer.from(value);
    return (index) =>
      pool.query({
        name: "raw",
        text: "SELECT * FROM raw.txn($1, $2)",
        values: [putJson(`/bench/${index % keys}`), bytes],
      });
  };
  return [
    {
      id: "postgres-txn/raw-pg",
      unit: "txn/s",
      measure: putsPerSecond(ours, 1, 200),
      against: { id: "raw pg", measure: putsPerSecond(raw, 1, 200) },
    },
    {
      id: "postgres-txn-64/one-call-each",
      unit: "txn/s",
      measure: putsPerSecond(ours, 64, 3_200),
      against: { id: "one call each", measure: putsPerSecond(raw, 64, 400) },
    },
    ...latencyRows("postgres", open, value),
  ];
}

async function start(): Promise<PostgresServer> {
  const server = await startPostgres();
  return server;
}

/** The same transaction as the store sends it, written by hand. */
function putJson(key: string): string {
  const put = { type: "put", key: Buffer.from(key).toString("hex"), at: 0, size: value.length };
  return JSON.stringify([{ if: [], then: [put], else: [] }]);
}
