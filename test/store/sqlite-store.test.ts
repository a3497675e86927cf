import { spawn } from "node:child_process";
import { renameSync, rmSync, writeFileSync } from "node:fs";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { type StateStore, compareAndSwap, op, put } from "keelson/store";
import { type SqliteStoreOptions, sqliteStore } from "keelson/store/sqlite";
import { observe } from "keelson/telemetry";
import { outcome } from "../support/outcome.js";
import { rawSqlite as raw, sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { batchesUntil, text } from "../support/store.js";
import { describeUnless } from "../support/when.js";
import { survivesKill } from "./durability.js";

describeUnless(sqliteMissing, "a SQLite file", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let stores: StateStore[];
  beforeEach(() => {
    folder = temporaryFolder();
    stores = [];
  });
  afterEach(async () => {
    await Promise.all(stores.map((store) => store.close()));
    folder[Symbol.dispose]();
  });
  const open = (options: Partial<SqliteStoreOptions> = {}): StateStore => {
    const store = sqliteStore({ file: folder.file("state.db"), ...options });
    stores.push(store);
    return store;
  };
  const close = async (store: StateStore): Promise<void> => {
    stores = stores.filter((other) => other !== store);
    await store.close();
  };

  test("keeps what was written, and goes on with the next revision", async () => {
    const first = open();
    const revision = await put(first, "/a", "1");
    await close(first);
    const second = open();
    expect(text((await second.get("/a")).kv)).toBe("1");
    expect(await put(second, "/a", "2")).toBe(revision + 1);
  });

  test("that cannot be opened is told by every call, and works once it can be", async () => {
    const store = open({ file: folder.file("none/state.db") });
    expect(await outcome(store.get("/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await outcome(put(store, "/a", "1"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await store.health()).toMatchObject({ status: "fail" });
    renameSync(temporaryFolder().path, folder.file("none"));
    expect(await put(store, "/a", "1")).toBe(2);
  });

  test.each<[string, (file: string) => void, string]>([
    [
      "that is no database",
      (file) => {
        writeFileSync(file, "no database at all, but long enough for one".repeat(99));
      },
      "STORE_UNAVAILABLE",
    ],
    [
      "of another program",
      (file) => {
        const other = raw(file);
        other.exec("CREATE TABLE theirs (a)");
        other.close();
      },
      "STORE_UNSUPPORTED",
    ],
  ])("%s is refused and left alone", async (_, make, code) => {
    make(folder.file("state.db"));
    const store = open();
    expect(await outcome(put(store, "/a", "1"))).toMatchObject({ code });
    expect(await outcome(store.get("/a"))).toMatchObject({ code });
  });

  test("of a later version is refused", async () => {
    const store = open();
    await put(store, "/a", "1");
    await close(store);
    const later = raw(folder.file("state.db"));
    later.exec("PRAGMA user_version = 99");
    later.close();
    expect(await outcome(open().get("/a"))).toMatchObject({
      code: "STORE_UNSUPPORTED",
      message: expect.stringContaining("its schema is 99") as string,
    });
  });

  test("opened for reading takes no writes, and sees those of others", async () => {
    const writer = open();
    await put(writer, "/a", "1");
    const reader = open({ readOnly: true });
    const watch = reader.watch({ prefix: "/" });
    const seen = batchesUntil(watch, ({ type }) => type === "events");
    expect(text((await reader.get("/a")).kv)).toBe("1");
    expect(await outcome(put(reader, "/a", "2"))).toMatchObject({ code: "STORE_READ_ONLY" });
    expect(await outcome(reader.grantLease(5_000))).toMatchObject({ code: "STORE_READ_ONLY" });
    await put(writer, "/a", "3");
    const last = (await seen).at(-1);
    expect(last?.type === "events" && last.events.map(({ kv }) => text(kv))).toEqual(["3"]);
  });

  test("that is full refuses what does not fit, whole; the rest of the group is kept", async () => {
    const store = open({ maxBytes: 300_000 });
    await put(store, "/small", "1");
    const before = (await store.get("/small")).revision;
    const large = new Uint8Array(200_000);
    const writes = [
      outcome(store.txn({ then: [op.put("/large/1", large), op.put("/large/2", large)] })),
      outcome(put(store, "/small", "2")),
    ];
    const [refused, kept] = await Promise.all(writes);
    expect(refused).toMatchObject({ code: "STORE_FULL" });
    expect(kept).toBe(before + 1);
    expect((await store.range({ prefix: "/large" })).count).toBe(0);
    expect(text((await store.get("/small")).kv)).toBe("2");
  });

  test("that another process has locked keeps reads going; a write waits, then surely is not applied", async () => {
    const [store, patient] = [open({ busyTimeout: 150 }), open({ busyTimeout: 60_000 })];
    await put(patient, "/a", "1");
    const other = raw(folder.file("state.db"));
    other.exec("BEGIN IMMEDIATE");
    const retries: object[] = [];
    using _observing = observe({ "keelson:store:retry": (retry) => retries.push(retry) });
    const late = outcome(put(store, "/a", "2"));
    expect(text((await store.get("/a")).kv)).toBe("1");
    expect(await late).toMatchObject({ code: "STORE_NOT_APPLIED" });
    // Not once for each of the tries.
    const error = { code: "STORE_NOT_APPLIED" };
    expect(retries).toMatchObject([{ driver: "sqlite", operation: "lock", error }]);
    const controller = new AbortController();
    const aborted = outcome(put(patient, "/a", "3", { signal: controller.signal }));
    await patient.get("/a");
    controller.abort("no longer");
    expect(await aborted).toBe("no longer");
    other.exec("ROLLBACK");
    other.close();
    expect(await put(store, "/b", "1")).toBe(3);
    expect(text((await store.get("/a")).kv)).toBe("1");
  });

  test("that is locked tells so before it refuses a write, also one that has no time to wait", async () => {
    const store = open({ busyTimeout: 0 });
    await store.get("/a");
    const other = raw(folder.file("state.db"));
    other.exec("BEGIN IMMEDIATE");
    const told: unknown[] = [];
    using _observing = observe({ "keelson:store:retry": () => told.push("locked") });
    told.push(await outcome(put(store, "/a", "1")));
    expect(told).toMatchObject(["locked", { code: "STORE_NOT_APPLIED" }]);
    other.exec("ROLLBACK");
    other.close();
  });

  test("closed with writes waiting refuses them, and they never happen", async () => {
    const store = open();
    await put(store, "/a", "1");
    const other = raw(folder.file("state.db"));
    other.exec("BEGIN IMMEDIATE");
    const waiting = [outcome(put(store, "/a", "2")), outcome(put(store, "/b", "2"))];
    await store.get("/a");
    await close(store);
    expect(await Promise.all(waiting)).toMatchObject([{ code: "STORE_CLOSED" }, { code: "STORE_CLOSED" }]);
    other.exec("ROLLBACK");
    other.close();
    const again = open();
    expect(text((await again.get("/a")).kv)).toBe("1");
  });

  test.each<[string, (file: string) => void]>([
    [
      "that a backup was written over",
      (file) => {
        const other = raw(file);
        other.exec("UPDATE keelson SET store = 'another'");
        other.close();
      },
    ],
    [
      "that was set back to an older revision",
      (file) => {
        const other = raw(file);
        other.exec("UPDATE keelson SET revision = 1");
        other.close();
      },
    ],
    [
      "that was deleted",
      (file) => {
        rmSync(file);
      },
    ],
  ])("%s ends watches and leases", async (_, harm) => {
    const store = open();
    await put(store, "/a", "1");
    const lease = await store.grantLease(60_000);
    const watch = store.watch({ prefix: "/" })[Symbol.asyncIterator]();
    await watch.next();
    harm(folder.file("state.db"));
    const failure = (async () => {
      for (;;) await watch.next();
    })();
    expect(await outcome(failure)).toMatchObject({ code: "STORE_COMPACTED" });
    expect(lease.signal.aborted).toBe(true);
  });

  test("that was deleted takes no writes, which would be lost with it", async () => {
    const store = open();
    const lost = new Promise((resolve) => store.events.on("disconnected", resolve));
    await put(store, "/a", "1");
    rmSync(folder.file("state.db"));
    expect(await lost).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(await outcome(put(store, "/a", "2"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  test("loses history that was compacted, and nothing else", async () => {
    const store = open();
    for (let round = 0; round < 500; round += 1) await put(store, `/k${round % 5}`, String(round), {});
    await store.txn({ then: [op.delete("/k0")] });
    const { revision } = await store.get("/k1");
    await store.compact(revision);
    const file = raw(folder.file("state.db"));
    const left = (): number => (file.prepare("SELECT count(*) AS n FROM log").get() as { n: number }).n;
    const runtime = systemRuntime();
    while (left() > 4) await runtime.sleep(50);
    expect(left()).toBe(4);
    file.close();
    expect((await store.range({ prefix: "/" })).kvs.map((kv) => text(kv))).toEqual(["496", "497", "498", "499"]);
  });

  test("shares what two stores write, each with all events in order", async () => {
    const [one, two] = [open(), open()];
    await put(one, "/n", "0");
    const { revision } = await two.get("/n");
    const seen = [one, two].map((store) =>
      batchesUntil(store.watch({ prefix: "/n" }, { from: revision + 1 }), (batch) => batch.revision >= revision + 60),
    );
    const increments = async (store: StateStore): Promise<void> => {
      for (let done = 0; done < 30;) {
        const { kv } = await store.get("/n");
        const swap = await compareAndSwap(store, "/n", kv?.modRevision ?? 0, String(Number(text(kv)) + 1));
        if (swap.swapped) done += 1;
      }
    };
    await Promise.all([increments(one), increments(two)]);
    expect(text((await one.get("/n")).kv)).toBe("60");
    for (const batches of await Promise.all(seen)) {
      const values = batches.flatMap((batch) =>
        batch.type === "events" ? batch.events.map(({ kv }) => text(kv)) : [],
      );
      expect(values).toEqual(Array.from({ length: 60 }, (_, index) => String(index + 1)));
    }
  });

  test("loses no acknowledged write when its writer is killed, and uses no revision twice", async () => {
    const file = folder.file("state.db");
    await survivesKill(`sqlite:${file}`, () => sqliteStore({ file }));
  }, 180_000);

  test("does not keep a process alive that has nothing to do", async () => {
    const script = fileURLToPath(new URL("children/once.ts", import.meta.url));
    const child = spawn(execPath, ["--import", "tsx", script, `sqlite:${folder.file("state.db")}`]);
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += String(chunk)));
    const ended = await new Promise((resolve) => child.once("close", resolve));
    expect([ended, printed]).toEqual([0, "2\n"]);
  }, 180_000);
});
