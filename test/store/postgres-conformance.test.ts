import { afterAll, beforeAll, test } from "vitest";
import { postgresStore } from "keelson/store/postgres";
import { faultProxy, storeConformance } from "keelson/testing";
import { type PostgresServer, postgresMissing, startPostgres } from "../support/servers.js";
import { describeUnless } from "../support/when.js";

describeUnless(postgresMissing(), "the Postgres store", () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres({ fsync: "off" }); // each case makes a schema
  });
  afterAll(async () => {
    await server.stop();
  });
  storeConformance({
    test: (name, body) => {
      test.concurrent(name, body);
    },
    open: (name) => postgresStore({ url: server.url, schema: name, timeout: "30s" }),
    openBehindProxy: async (name) => {
      const proxy = await faultProxy({ target: `127.0.0.1:${server.port}` });
      const url = server.url.replace(String(server.port), String(proxy.port));
      return { store: postgresStore({ url, schema: name, timeout: "5s" }), proxy };
    },
    capabilities: { durable: true },
  });
});
