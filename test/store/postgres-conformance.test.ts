import { afterAll, beforeAll, test } from "vitest";
import { postgresStore } from "keelson/store/postgres";
import { storeConformance } from "keelson/testing";
import { type PostgresServer, postgresMissing, startPostgres } from "../support/servers.js";
import { describeUnless } from "../support/when.js";

describeUnless(postgresMissing(), "the Postgres store", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterAll(async () => {
    await server.stop();
  });
  let schemas = 0;
  storeConformance({
    test: (name, body) => {
      test.concurrent(name, body, 20_000);
    },
    open: () => postgresStore({ url: server.url, schema: `s${(schemas += 1)}` }),
    capabilities: { durable: true },
  });
});
