import { randomBytes } from "node:crypto";
import { chown, rm, stat, writeFile } from "node:fs/promises";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { type StateStore, op, put } from "keelson/store";
import { type PostgresStoreOptions, postgresStore } from "keelson/store/postgres";
import { faultProxy } from "keelson/testing";
import { queriesOf } from "../../src/store/drivers/postgres/queries.js";
import { encodeBatch } from "../../src/store/drivers/postgres/txn-wire.js";
import { outcome } from "../support/outcome.js";
import { type PostgresServer, postgresMissing, startPostgres } from "../support/servers.js";
import { smallDisk, smallDiskMissing } from "../support/small-disk.js";
import { silentRelay } from "../support/silent-relay.js";
import { batchesUntil, text } from "../support/store.js";
import { describeUnless } from "../support/when.js";

const runtime = systemRuntime();

describeUnless(postgresMissing(), "where a naive user of Postgres goes wrong, the store does not:", () => {
  let server: PostgresServer;
  const closing: (() => PromiseLike<unknown>)[] = [];
  let schemas = 0;
  beforeAll(async () => {
    // What cleans up has transactions of its own, behind which finished ones are not yet shown to be so.
    server = await startPostgres({ fsync: "off", autovacuum: "off" });
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });
  afterAll(() => server.stop());

  const newSchema = (): string => `t${(schemas += 1)}`;
  const open = (options: Partial<PostgresStoreOptions> = {}): StateStore => {
    const store = postgresStore({ url: server.url, schema: `t${schemas}`, timeout: "30s", ...options });
    closing.push(() => store.close());
    return store;
  };
  const connect = async (port: number = server.port): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: server.url.replace(String(server.port), String(port)) });
    client.on("error", () => undefined);
    await client.connect();
    closing.push(() => client.end().catch(() => undefined));
    return client;
  };

  test("events that become visible in another order than their numbers, though only finished ones are read", async () => {
    const [slow, quick, reader] = [await connect(), await connect(), await connect()];
    await reader.query("CREATE SEQUENCE numbers; SELECT nextval('numbers')");
    await reader.query("CREATE TABLE events (id bigint, xid xid8 DEFAULT pg_current_xact_id())");
    const visible = "SELECT id FROM events WHERE id > $1 AND xid < pg_snapshot_xmin(pg_current_snapshot())";
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      const { rows } = await reader.query<{ id: string }>(`${visible} ORDER BY id`, [seen.at(-1) ?? 0]);
      seen.push(...rows.map(({ id }) => Number(id)));
    };
    // A number is drawn before the transaction has an id of its own, by which others would wait for it.
    await slow.query("BEGIN");
    const drawn = Number((await slow.query<{ nextval: string }>("SELECT nextval('numbers')")).rows[0]?.nextval);
    await quick.query("INSERT INTO events (id) VALUES (nextval('numbers'))");
    await read();
    await slow.query("INSERT INTO events (id) VALUES ($1)", [drawn]);
    await slow.query("COMMIT");
    await read();
    expect(seen).toEqual([drawn + 1]);

    newSchema();
    const [one, two] = [open(), open()];
    await put(one, "/first", "");
    const watched = batchesUntil(one.watch({ prefix: "/w/" }, { from: 2 }), ({ revision }) => revision >= 42);
    const writer = async (store: StateStore): Promise<void> => {
      for (let round = 0; round < 20; round += 1) await put(store, "/w/a", String(round));
    };
    await Promise.all([writer(one), writer(two)]);
    const revisions = (await watched).flatMap((batch) => (batch.type === "events" ? [batch.revision] : []));
    expect(revisions).toEqual(Array.from({ length: 40 }, (_, index) => index + 3));
  });

  test("a comparison in the statement that takes the lock sees what was before it", async () => {
    const [holder, late] = [await connect(), await connect()];
    await holder.query("CREATE TABLE counter AS SELECT 0 AS n");
    await holder.query("BEGIN");
    await holder.query("SELECT pg_advisory_xact_lock(7)");
    await late.query("BEGIN");
    const naive = late.query<{ n: number }>(
      "WITH lock AS MATERIALIZED (SELECT pg_advisory_xact_lock(7)) SELECT n FROM lock, counter",
    );
    await waitingForLock(holder);
    await holder.query("UPDATE counter SET n = 1");
    await holder.query("COMMIT");
    expect((await naive).rows).toEqual([{ n: 0 }]);
    expect((await late.query("SELECT n FROM counter")).rows).toEqual([{ n: 1 }]);
    await late.query("COMMIT");

    const schema = newSchema();
    const store = open();
    await put(store, "/n", "0");
    // Another writer's call, made by hand, so that it can be held back until ours waits for the lock.
    const condition = { key: "/n", target: "version", op: "=", value: 1 } as const;
    const txn = { if: [condition], then: [{ type: "put", key: "/n", value: new TextEncoder().encode("1") }] } as const;
    const { json, bytes } = encodeBatch([txn]);
    await holder.query("BEGIN");
    await holder.query(queriesOf(schema).txn, [json, bytes]);
    const ours = store.txn(txn);
    await waitingForLock(late);
    await holder.query("COMMIT");
    expect(await ours).toMatchObject({ succeeded: false });
    expect((await store.get("/n")).kv?.version).toBe(2);
  });

  async function waitingForLock(client: pg.Client): Promise<void> {
    const waiting = "SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while ((await client.query(waiting)).rows.length === 0) await runtime.sleep(5);
  }

  test("a write that is sent again, since its answer was lost, is made twice", async () => {
    const schema = newSchema();
    const store = open();
    await put(store, "/first", "");
    await using proxy = await faultProxy({ target: `127.0.0.1:${server.port}` });
    const { json, bytes } = encodeBatch([{ then: [{ type: "put", key: "/naive", value: new Uint8Array(1) }] }]);
    for (let tries = 1; tries <= 2; tries += 1) {
      const client = await connect(proxy.port);
      if (tries === 1) void proxy.dropReply();
      const answer = await outcome(client.query(queriesOf(schema).txn, [json, bytes]));
      if (!(answer instanceof Error)) break;
    }
    const far = open({ url: server.url.replace(String(server.port), String(proxy.port)) });
    const answers: unknown[] = [];
    for (let round = 0; !answers.some(isAmbiguous); round += 1) {
      await far.get("/warm"); // or what is dropped belongs to making a connection
      void proxy.dropReply();
      answers.push(await outcome(put(far, `/ours/${round}`, "")));
      proxy.heal();
    }
    expect((await store.get("/naive")).kv?.version).toBe(2);
    const { kvs } = await store.range({ prefix: "/ours/" });
    expect(kvs.map(({ version }) => version)).toEqual(kvs.map(() => 1));
  });

  test("notifications that are lost", async () => {
    const schema = newSchema();
    const [writer, watcher] = [open(), open()];
    await put(writer, "/a", "0");
    const client = await connect();
    await client.query(`CREATE OR REPLACE FUNCTION ${schema}.advance(rev bigint) RETURNS void LANGUAGE sql AS
      'UPDATE ${schema}.meta SET revision = rev'`);
    const watch = watcher.watch({ key: "/a" })[Symbol.asyncIterator]();
    await watch.next(); // from here on it is told of changes
    const started = runtime.now();
    await put(writer, "/a", "1");
    let next = await watch.next();
    while (next.done !== true && next.value.type === "progress") next = await watch.next();
    expect(runtime.now() - started).toBeLessThan(10_000);
  });

  test("connections that have fallen silent", async () => {
    newSchema();
    await using relay = await silentRelay(server.port);
    const near = open();
    const far = open({ url: server.url.replace(String(server.port), String(relay.port)), timeout: "3s" });
    await put(near, "/a", "0");
    const watch = far.watch({ key: "/a" })[Symbol.asyncIterator]();
    await watch.next();
    await Promise.all(Array.from({ length: 8 }, () => far.get("/a"))); // so that there are eight connections
    relay.silence();
    const started = runtime.now();
    await put(near, "/a", "1");
    expect(await outcome(far.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(text((await far.get("/a")).kv)).toBe("1");
    let next = await watch.next();
    while (next.done !== true && next.value.type === "progress") next = await watch.next();
    // Asked one after the other, the eight silent ones would have taken 24 seconds.
    expect(runtime.now() - started).toBeLessThan(15_000);
  });

  test("a history that no connection lives long enough to bring", async () => {
    newSchema();
    const near = open();
    for (let round = 0; round < 20; round += 1) {
      await near.txn({ then: Array.from({ length: 100 }, (_, index) => op.put(`/${index}`, String(round))) });
    }
    await using proxy = await faultProxy({ target: `127.0.0.1:${server.port}` });
    const far = open({ url: server.url.replace(String(server.port), String(proxy.port)) });
    const progress = { isDone: false };
    const seen = batchesUntil(far.watch({ prefix: "/" }, { from: 2 }), ({ revision }) => revision === 21);
    void seen.finally(() => (progress.isDone = true)).catch(() => undefined);
    while (!progress.isDone) await Promise.race([proxy.cutAfter(25_000), seen]);
    const events = (await seen).flatMap((batch) => (batch.type === "events" ? batch.events : []));
    expect(events).toHaveLength(2_000);
    // In one piece they would have come to ten times what goes through between two cuts.
    expect(proxy.counts.cuts).toBeGreaterThan(5);
  });

  test("a renewal behind a thousand writes", async () => {
    const schema = newSchema();
    const store = open();
    const lease = await store.grantLease(600_000);
    // Another writer's call, made by hand, which holds the lock that all writes need.
    const holder = await connect();
    const { json, bytes } = encodeBatch([{ then: [{ type: "put", key: "/held", value: new Uint8Array(1) }] }]);
    await holder.query("BEGIN");
    await holder.query(queriesOf(schema).txn, [json, bytes]);
    let written = 0;
    const writes = Array.from({ length: 1_000 }, async (_, index) => {
      await put(store, `/${index}`, "");
      written += 1;
    });
    await lease.keepAliveOnce();
    expect(written).toBe(0);
    await holder.query("COMMIT");
    await Promise.all(writes);
  });

  test("a lease that is over, though nobody has swept it yet", async () => {
    const schema = newSchema();
    const store = open();
    const lease = await store.grantLease(60_000);
    const client = await connect();
    await client.query(`UPDATE ${schema}.lease SET expires = clock_timestamp() - interval '1 ms'`);
    expect(await outcome(lease.keepAliveOnce())).toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
    expect(await outcome(put(store, "/a", "", { lease: lease.id }))).toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
  });

  test("history older than its age goes, younger history and the present stay", async () => {
    const schema = newSchema();
    const store = open();
    const old = await put(store, "/a", "old");
    const client = await connect();
    const retain = `SELECT ${schema}.retain(3600000, 1000000)`;
    await client.query(retain);
    await client.query(`UPDATE ${schema}.mark SET at = at - interval '61 min'`);
    const young = await put(store, "/a", "young");
    await put(store, "/a", "new");
    await client.query(retain);
    expect(await outcome(store.get("/a", { revision: old }))).toMatchObject({ code: "STORE_COMPACTED" });
    expect(text((await store.get("/a", { revision: young })).kv)).toBe("young");
    await client.query(`SELECT ${schema}.retain(3600000, 1)`);
    expect(await outcome(store.get("/a", { revision: young }))).toMatchObject({ code: "STORE_COMPACTED" });
    expect(text((await store.get("/a")).kv)).toBe("new");
  });

  test("a standby, whose reads are stale, is refused", async () => {
    newSchema();
    const before = open();
    await put(before, "/a", "1");
    await before.close();
    const { rows } = await (await connect()).query<{ data_directory: string }>("SHOW data_directory");
    const signal = `${rows[0]?.data_directory ?? ""}/standby.signal`;
    await server.process.stop("SIGINT");
    await writeFile(signal, "", { mode: 0o644 });
    await server.process.start();
    const store = open();
    expect(await outcome(store.get("/a"))).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("standby") as string,
    });
    await server.process.stop("SIGINT");
    await rm(signal);
    await server.process.start();
    expect(text((await store.get("/a")).kv)).toBe("1");
  });
});

describeUnless(postgresMissing() ?? smallDiskMissing(), "a Postgres database whose disk is full", () => {
  test("is told so; nothing is half written, and what was acknowledged stays", async () => {
    using disk = smallDisk(24_000_000);
    await using server = await startPostgres({ fsync: "off" });
    const client = new pg.Client({ connectionString: server.url });
    client.on("error", () => undefined);
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>("SHOW data_directory");
    const { uid, gid } = await stat(rows[0]?.data_directory ?? "");
    await chown(disk.path, uid, gid);
    await client.query(`CREATE TABLESPACE small LOCATION '${disk.path}'`);
    await client.query("CREATE DATABASE small TABLESPACE small");
    await client.end();
    const store = postgresStore({ url: server.url.replace(/postgres$/, "small") });
    await put(store, "/small", "1");
    const acknowledged: string[] = [];
    let refused: unknown;
    for (let turn = 0; refused === undefined && turn < 100; turn += 1) {
      const then = [0, 1].map((half) => op.put(`/large/${turn}/${half}`, randomBytes(400_000)));
      const answer = await outcome(store.txn({ then }));
      if (answer instanceof Error) refused = answer;
      else acknowledged.push(...then.map((each) => (each.type === "put" ? each.key : "")));
    }
    expect(refused).toMatchObject({ code: "STORE_FULL" });
    const { kvs } = await store.range({ prefix: "/large/" }, { keysOnly: true });
    expect(new Set(kvs.map(({ key }) => key))).toEqual(new Set(acknowledged));
    expect(text((await store.get("/small")).kv)).toBe("1");
    await store.close();
  });
});

function isAmbiguous(answer: unknown): boolean {
  return (answer as { readonly code?: string }).code === "STORE_AMBIGUOUS";
}
