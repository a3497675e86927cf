import { afterEach, beforeEach, expect, test } from "vitest";
import { op } from "keelson/store";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { packTxn } from "../../src/store/drivers/sqlite/txn-packing.js";
import type { WriteCall } from "../../src/store/drivers/sqlite/worker-protocol.js";
import { type EngineOptions, type EngineUnderTest, sqliteEngine } from "../support/sqlite-engine.js";
import { rawSqlite, sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";

const putOf = (key: string, lease?: string): WriteCall => ({
  type: "txn",
  txn: packTxn({ then: [op.put(key, "", lease === undefined ? {} : { lease })] }),
});

describeUnless(sqliteMissing, "a SQLite store's thread", () => {
  let time: VirtualTime;
  let folder: ReturnType<typeof temporaryFolder>;
  let engines: EngineUnderTest[];
  beforeEach(() => {
    time = virtualTime();
    folder = temporaryFolder();
    engines = [];
  });
  afterEach(() => {
    for (const engine of engines) engine.close();
    folder[Symbol.dispose]();
    time[Symbol.dispose]();
  });

  const start = async (options: Partial<EngineOptions> = {}): Promise<EngineUnderTest> => {
    const { runtime } = time;
    const clock = { bootId: "this start", now: () => runtime.now() };
    const engine = await sqliteEngine(folder.file("state.db"), { runtime, clock, ...options });
    engines.push(engine);
    return engine;
  };
  const ask = async (engine: EngineUnderTest, call: Parameters<EngineUnderTest["ask"]>[0]): Promise<unknown> => {
    const answering = engine.ask(call);
    await time.settle();
    const [, value, error] = await answering;
    return error ?? value;
  };
  const revision = async (engine: EngineUnderTest): Promise<number> =>
    ((await ask(engine, { type: "reach" })) as { revision: number }).revision;

  test("lets a renewal pass three thousand writes that came before it", async () => {
    const engine = await start();
    await ask(engine, { type: "grant", id: "lease", ttlMs: 5_000 });
    engine.answered.length = 0;
    const writes = Array.from({ length: 3_000 }, (_, index) => putOf(`/${index}`));
    engine.send(...writes, { type: "keepAlive", id: "lease" });
    await ask(engine, putOf("/last"));
    const renewed = 1 + 3_001; // the grant was the first
    expect(engine.answered.length).toBeGreaterThan(3);
    expect(engine.answered.findIndex((answers) => answers.some(([id]) => id === renewed))).toBe(0);
    // In the order in which they came, the renewal would have been the last.
    expect(engine.answered.flat()).toHaveLength(3_002);
  });

  test("never begins what was cancelled while it was queued, and what has begun can't be cancelled", async () => {
    const engine = await start();
    const before = await revision(engine);
    const slot = engine.send(putOf("/early"));
    expect(engine.slots.cancel(slot)).toBe(true);
    await time.settle();
    expect(await revision(engine)).toBe(before);
    const late = engine.send(putOf("/late"));
    await time.settle();
    expect(engine.slots.cancel(late)).toBe(false);
    expect(await revision(engine)).toBe(before + 1);
  });

  test("answers writes that failed even if the file can't be looked at just then", async () => {
    let isUnreadable = false;
    const meddle: EngineOptions["meddle"] = (database) => ({
      exec: (sql) => database.exec(sql),
      close: () => database.close(),
      prepare: (sql) => {
        const statement = database.prepare(sql);
        if (sql !== "PRAGMA data_version") return statement;
        return {
          ...statement,
          get: (...parameters) => {
            if (isUnreadable) throw Object.assign(new Error("database is locked"), { errcode: 5, code: "SQLITE_BUSY" });
            return statement.get(...parameters);
          },
        };
      },
    });
    const engine = await start({ meddle, maxBytes: 200_000 });
    await ask(engine, putOf("/small"));
    isUnreadable = true;
    const value = "1".repeat(400_000);
    const tooLarge: WriteCall = { type: "txn", txn: packTxn({ then: [op.put("/large", value)] }) };
    expect(await ask(engine, tooLarge)).toMatchObject({ code: "STORE_FULL" });
    isUnreadable = false;
    expect(await ask(engine, putOf("/small"))).toEqual([true, 3, [null]]);
  });

  test("tells in one message what a write answered and how far it came, others' writes before it included", async () => {
    const [engine, other] = [await start(), await start()];
    await time.settle();
    const before = await revision(engine);
    await ask(other, putOf("/theirs"));
    engine.messages.length = 0;
    await ask(engine, putOf("/ours"));
    expect(engine.messages).toMatchObject([[[[expect.any(Number), [true, before + 2, [null]]]], before + 2, 0]]);
    engine.messages.length = 0;
    await ask(other, putOf("/theirs"));
    await time.advance("500ms");
    expect(engine.messages).toMatchObject([{ type: "reached", reach: { revision: before + 3 } }]);
  });

  test("says that the store is another or an older one before it answers a write to it", async () => {
    const engine = await start();
    await ask(engine, putOf("/a"));
    const outside = rawSqlite(folder.file("state.db"));
    const undone = "DELETE FROM log WHERE id >> 20 = (SELECT revision FROM keelson)";
    for (const change of [
      `${undone}; UPDATE keelson SET revision = revision - 1`,
      "UPDATE keelson SET store = 'another'",
    ]) {
      outside.exec(change);
      engine.messages.length = 0;
      await ask(engine, putOf("/a"));
      expect(engine.messages).toMatchObject([{ type: "replaced" }, [[{ length: 2 }], expect.any(Number), 0]]);
      engine.messages.length = 0;
      await ask(engine, putOf("/b"));
      expect(engine.messages).toHaveLength(1);
    }
    outside.close();
  });

  test("forgets what is older than its age, a minute or two after the hour", async () => {
    const engine = await start();
    await ask(engine, putOf("/a"));
    const old = await revision(engine);
    await time.advance("90s");
    await ask(engine, putOf("/a"));
    const young = await revision(engine);
    await time.advance("59m");
    expect(await ask(engine, { type: "get", key: "/a", revision: old })).toMatchObject({ revision: old });
    await time.advance("3m");
    expect(await ask(engine, { type: "get", key: "/a", revision: old })).toMatchObject({ code: "STORE_COMPACTED" });
    expect(await ask(engine, { type: "get", key: "/a", revision: young })).toMatchObject({ kv: { version: 2 } });
  });

  test("keeps no more revisions than it was told, trimmed each minute", async () => {
    const engine = await start({ retentionRevisions: 5 });
    for (let round = 0; round < 20; round += 1) await ask(engine, putOf("/a"));
    const last = await revision(engine);
    expect(await ask(engine, { type: "get", key: "/a", revision: last - 10 })).toMatchObject({ kv: { version: 10 } });
    await time.advance("61s");
    expect(await ask(engine, { type: "get", key: "/a", revision: last - 5 })).toMatchObject({
      code: "STORE_COMPACTED",
    });
    expect(await ask(engine, { type: "get", key: "/a", revision: last - 4 })).toMatchObject({ kv: { version: 16 } });
  });

  test("refuses to renew a lease that is over, though nobody has swept it yet", async () => {
    let now = 0;
    const engine = await start({ clock: { bootId: "this start", now: () => now } });
    await ask(engine, { type: "grant", id: "lease", ttlMs: 2_000 });
    await ask(engine, putOf("/leased", "lease"));
    now = 2_000;
    expect(await ask(engine, { type: "keepAlive", id: "lease" })).toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
    expect(await ask(engine, putOf("/again", "lease"))).toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
    const before = await revision(engine);
    await time.advance("1s");
    expect(await revision(engine)).toBe(before + 1);
    expect(await ask(engine, { type: "get", key: "/leased", revision: undefined })).not.toHaveProperty("kv");
  });

  test("ends the leases of another start of the machine, and those of a clock that began anew", async () => {
    const engine = await start({ clock: { bootId: "unknown", now: () => 50_000 } });
    await ask(engine, { type: "grant", id: "lease", ttlMs: 60_000 });
    await ask(engine, putOf("/leased", "lease"));
    const [closed] = engines.splice(0);
    closed?.close();
    const restarted = await start({ clock: { bootId: "unknown", now: () => 100 } });
    expect(await ask(restarted, { type: "keepAlive", id: "lease" })).toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
    await time.advance("1s");
    expect(await ask(restarted, { type: "get", key: "/leased", revision: undefined })).not.toHaveProperty("kv");

    await ask(restarted, { type: "grant", id: "second", ttlMs: 60_000 });
    engines.splice(0).at(0)?.close();
    const rebooted = await start({ clock: { bootId: "another", now: () => 200 } });
    expect(await ask(rebooted, { type: "keepAlive", id: "second" })).toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
  });
});
