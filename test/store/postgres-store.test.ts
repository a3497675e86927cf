import { createServer } from "node:net";
import pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { type StateStore, op, put, putIfAbsent } from "keelson/store";
import { type PostgresStoreOptions, postgresStore } from "keelson/store/postgres";
import { observe } from "keelson/telemetry";
import { type FaultProxy, faultProxy } from "keelson/testing";
import { deferred } from "../../src/core/deferred.js";
import { runs } from "../support/deep.js";
import { type Meddle, meddledPg } from "../support/meddled-pg.js";
import { outcome } from "../support/outcome.js";
import { type PostgresServer, postgresMissing, startPostgres } from "../support/servers.js";
import { batchesUntil, text } from "../support/store.js";
import { describeUnless } from "../support/when.js";
import { survivesKill } from "./durability.js";
import { survivesCuts } from "./watch-cuts.js";

describeUnless(postgresMissing(), "a Postgres database", () => {
  let server: PostgresServer;
  const stores: StateStore[] = [];
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(async () => {
    await server.stop();
  });
  const schema = (): string => `t${(schemas += 1)}`;
  const open = (options: Partial<PostgresStoreOptions> = {}): StateStore => {
    const store = postgresStore({ url: server.url, schema: `t${schemas}`, timeout: "30s", ...options });
    stores.push(store);
    return store;
  };
  const query = async (sql: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql);
    await client.end();
    return rows;
  };
  const through = (proxy: FaultProxy): string => server.url.replace(/:\d+\//, `:${proxy.port}/`);

  test("keeps two schemas apart, and one schema for two stores", async () => {
    const name = schema();
    const [one, two] = [open(), open({ schema: undefined, url: `${server.url}?schema=${name}` })];
    await put(one, "/a", "1");
    expect(text((await two.get("/a")).kv)).toBe("1");
    schema();
    expect((await open().get("/a")).kv).toBeUndefined();
  });

  test("keeps its isolation where the URL sets the sessions' options", async () => {
    const name = schema();
    const options = encodeURIComponent("-c default_transaction_isolation=repeatable\\ read");
    const url = `${server.url}?schema=${name}&options=${options}`;
    const opened = Array.from({ length: 4 }, () => open({ schema: undefined, url, connections: 2 }));
    const created = await Promise.all(opened.map((store) => putIfAbsent(store, "/a", "1")));
    expect(created.filter((each) => each.created)).toHaveLength(1);
  });

  test("is set up by many processes at once", async () => {
    schema();
    const opened = Array.from({ length: 6 }, () => open({ connections: 2 }));
    const revisions = await Promise.all(opened.map((store, index) => put(store, `/${index}`, "1")));
    expect([...revisions].sort((a, b) => a - b)).toEqual([2, 3, 4, 5, 6, 7]);
  });

  test("that cannot be reached is told within the timeout, and nothing was applied", async () => {
    schema();
    await using proxy = await faultProxy({ target: { host: "127.0.0.1", port: server.port } });
    const store = open({ url: through(proxy), timeout: "2s" });
    const retries: object[] = [];
    using _observing = observe({ "keelson:store:retry": (retry) => retries.push(retry) });
    proxy.refuse();
    expect(await outcome(store.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    proxy.heal();
    proxy.blackhole();
    const runtime = systemRuntime();
    const started = runtime.now();
    expect(await outcome(put(store, "/a", "1"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(runtime.now() - started).toBeLessThan(10_000);
    expect(await store.health()).toMatchObject({ status: "fail" });
    proxy.heal();
    expect(await put(store, "/a", "1")).toBe(2);
    expect(retries[0]).toMatchObject({ driver: "postgres", operation: "connect", error: expect.any(Error) as Error });
  });

  test("that refuses the password says so, without showing it", async () => {
    schema();
    const store = open({ url: server.url.replace(":secret@", ":wrong-password@") });
    const error = (await outcome(put(store, "/a", "1"))) as Error;
    expect(error).toMatchObject({ code: "STORE_AUTH" });
    expect(error.message).not.toContain("wrong-password");
  });

  test("without TLS refuses those who insist on it, and a server that is none is told", async () => {
    schema();
    expect(await outcome(open({ url: `${server.url}?sslmode=require` }).get("/a"))).toMatchObject({
      code: "STORE_UNAVAILABLE",
    });
    const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")).listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    const store = open({ url: `postgres://keelson:secret@127.0.0.1:${port}/postgres`, timeout: 1_000 });
    expect(await outcome(store.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    other.close();
  });

  test("with a schema of a later version is refused", async () => {
    const name = schema();
    const store = open();
    await put(store, "/a", "1");
    await query(`UPDATE ${name}.meta SET version = 99`);
    expect(await outcome(open().get("/a"))).toMatchObject({ code: "STORE_UNSUPPORTED" });
  });

  test("set to read only refuses changes", async () => {
    schema();
    await put(open(), "/a", "1");
    const url = `${server.url}?options=${encodeURIComponent("-c default_transaction_read_only=on")}`;
    const store = open({ url });
    expect(text((await store.get("/a")).kv)).toBe("1");
    expect(await outcome(put(store, "/a", "2"))).toMatchObject({ code: "STORE_READ_ONLY" });
  });

  test("compares what is there after the lock, whatever isolation its sessions default to", async () => {
    schema();
    await query("ALTER ROLE keelson SET default_transaction_isolation = 'repeatable read'");
    const opened = Array.from({ length: 4 }, () => open());
    const first = open();
    await put(first, "/n", "0");
    const increment = async (store: StateStore): Promise<void> => {
      for (let done = 0; done < 25;) {
        const { kv } = await store.get("/n");
        const condition = { key: "/n", target: "modRevision", op: "=", value: kv?.modRevision ?? 0 } as const;
        const { succeeded } = await store.txn({ if: [condition], then: [op.put("/n", String(Number(text(kv)) + 1))] });
        if (succeeded) done += 1;
      }
    };
    await Promise.all(opened.map(increment));
    expect(text((await first.get("/n")).kv)).toBe("100");
    await query("ALTER ROLE keelson RESET default_transaction_isolation");
  });

  test("cut off while a change is under way leaves it ambiguous, and sends it once", async () => {
    schema();
    await using proxy = await faultProxy({ target: { host: "127.0.0.1", port: server.port } });
    const store = open({ url: through(proxy), connections: 2 });
    await put(store, "/a", "1");
    const outcomes: unknown[] = [];
    const isAmbiguous = (each: unknown): boolean => (each as { readonly code?: string }).code === "STORE_AMBIGUOUS";
    for (let round = 0; round < 10 || !outcomes.some(isAmbiguous); round += 1) {
      // Where there is no connection yet, what is dropped belongs to making one, and no change is under way.
      if (round % 2 === 0) await store.get("/a");
      const dropped = proxy.dropReply();
      outcomes.push(await outcome(put(store, `/r/${round}`, "1")));
      proxy.heal();
      await dropped;
    }
    const { kvs } = await open().range({ prefix: "/r/" });
    expect(kvs.every(({ version }) => version === 1)).toBe(true);
    for (const each of outcomes) {
      if (typeof each !== "number")
        expect(each).toMatchObject({ code: expect.stringMatching(/AMBIGUOUS|UNAVAILABLE/) as string });
    }
  });

  test("is told to end a lease only once watches that were begun before know where they begin", async () => {
    schema();
    const gate = reachGate();
    const [store, other] = [open({ pg: meddledPg({ lent: gate.meddle }) }), open()];
    const lease = await store.grantLease(600_000);
    await put(store, "/leased", "1", { lease: lease.id });
    const seen = batchesUntil(store.watch({ key: "/leased" }), ({ type }) => type === "events");
    const revoked = lease.revoke();
    for (let round = 0; round < 50; round += 1) await other.get("/leased"); // it has had the time
    gate.open();
    await revoked;
    expect((await seen).at(-1)).toMatchObject({ events: [{ type: "delete" }] });
  });

  test("shows a watch what was written while it could not be told where it begins", async () => {
    schema();
    const gate = reachGate();
    let asked = 0;
    const lent: Meddle = async (name) => {
      if (name === "keelson-reach" && (asked += 1) === 1) throw new Error("the connection was lost");
      await gate.meddle(name);
    };
    const store = open({ pg: meddledPg({ lent, own: gate.meddle }) });
    const seen = batchesUntil(store.watch({ key: "/a" }), ({ type }) => type === "events");
    await put(store, "/a", "1");
    gate.open();
    expect((await seen).at(-1)).toMatchObject({ events: [{ type: "put" }] });
  });

  test.each(["later", "before it was first looked at"])(
    "restored to an older state ends watches and leases, %s",
    async (when) => {
      const name = schema();
      const gate = reachGate();
      const store = open({ pg: meddledPg({ own: gate.meddle }) });
      if (when === "later") {
        const connected = new Promise<void>((resolve) => {
          store.events.once("connected", () => {
            resolve();
          });
        });
        gate.open();
        await connected;
      }
      for (let round = 0; round < 5; round += 1) await put(store, "/a", String(round));
      const lease = await store.grantLease(60_000);
      const watch = store.watch({ prefix: "/" })[Symbol.asyncIterator]();
      await watch.next();
      const failure = (async () => {
        for (;;) await watch.next();
      })();
      await query(`UPDATE ${name}.meta SET revision = 3`);
      gate.open();
      expect(await outcome(failure)).toMatchObject({ code: "STORE_COMPACTED", compactRevision: 3 });
      expect(lease.signal.aborted).toBe(true);
    },
  );

  test("is watched again after the server was away, and its owner is told", async () => {
    schema();
    await using proxy = await faultProxy({ target: { host: "127.0.0.1", port: server.port } });
    const store = open({ url: through(proxy) });
    const heard: string[] = [];
    const first = new Promise<void>((resolve) => {
      store.events.on("connected", () => {
        resolve();
      });
    });
    const again = new Promise((resolve) => {
      store.events.on("connected", () => {
        heard.push("connected");
        if (heard.includes("disconnected")) resolve(undefined);
      });
    });
    store.events.on("disconnected", () => heard.push("disconnected"));
    await put(store, "/a", "1");
    const seen = batchesUntil(store.watch({ prefix: "/a" }, { from: 2 }), ({ revision }) => revision >= 4);
    await first;
    proxy.refuse();
    proxy.cut();
    const beside = open();
    await put(beside, "/a", "2");
    await put(beside, "/a", "3");
    proxy.heal();
    const values = (await seen).flatMap((batch) =>
      batch.type === "events" ? batch.events.map(({ kv }) => text(kv)) : [],
    );
    expect(values).toEqual(["1", "2", "3"]);
    await again;
    expect(heard.filter((each, index) => each !== heard[index - 1]).slice(-2)).toEqual(["disconnected", "connected"]);
  });

  test("needs its lock: revisions from a sequence are missed by who reads on after the last one", async () => {
    await query("CREATE TABLE naive (id bigserial PRIMARY KEY, writer int)");
    const pool = new pg.Pool({ connectionString: server.url, max: 17 });
    const enough = new AbortController();
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      while (!enough.signal.aborted) await pool.query("INSERT INTO naive (writer) VALUES ($1)", [writer]);
    });
    // Until one is missed, however long that takes on this machine.
    for (let [seen, last, there] = [0, 0, 0]; there === seen;) {
      const { rows } = await pool.query<{ id: string }>("SELECT id FROM naive WHERE id > $1 ORDER BY id", [last]);
      seen += rows.length;
      last = Number(rows.at(-1)?.id ?? last);
      const counted = await pool.query<{ there: string }>("SELECT count(*) AS there FROM naive WHERE id <= $1", [last]);
      there = Number(counted.rows[0]?.there);
    }
    enough.abort();
    await Promise.all(writers);
    await pool.end();
  });

  test("shows a watch all of what sixteen writers write at once", async () => {
    schema();
    const watcher = open();
    const seen = batchesUntil(watcher.watch({ prefix: "/w/" }, { from: 2 }), ({ revision }) => revision >= 16 * 20 + 1);
    const writers = Array.from({ length: 16 }, async (_, writer) => {
      const store = open({ connections: 2 });
      for (let round = 0; round < 20; round += 1) await put(store, `/w/${writer}`, String(round));
    });
    await Promise.all(writers);
    const revisions = (await seen).flatMap((batch) => (batch.type === "events" ? [batch.revision] : []));
    expect(revisions).toEqual(Array.from({ length: 16 * 20 }, (_, index) => index + 2));
  });

  test("loses no acknowledged write when its writer is killed, and uses no revision twice", async () => {
    const name = schema();
    await survivesKill(`${server.url}?schema=${name}`, () => postgresStore({ url: server.url, schema: name }));
  });

  test("shows a watch that is cut at random bytes every event once and in order; compacted, it is told", async () => {
    schema();
    await using proxy = await faultProxy({ target: { host: "127.0.0.1", port: server.port } });
    await survivesCuts({
      watcher: open({ url: through(proxy) }),
      writer: open(),
      proxy,
      events: runs(50_000),
      cuts: runs(200),
    });
  }, 600_000);
});

/** Lets nobody ask how far the store reaches until it is opened. */
function reachGate(): { readonly meddle: Meddle; readonly open: () => void } {
  const gate = deferred<undefined>();
  return {
    meddle: async (name) => {
      if (name === "keelson-reach") await gate.promise;
    },
    open: () => {
      gate.resolve(undefined);
    },
  };
}
