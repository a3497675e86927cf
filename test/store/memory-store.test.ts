import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { describe, expect, test, vi } from "vitest";
import { type WatchBatch, op, put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { Keyspace } from "../../src/store/drivers/memory/keyspace.js";
import { SlotList } from "../../src/store/drivers/memory/slot-list.js";
import { text } from "../support/store.js";

describe("retention", () => {
  test("forgets what is older than its age, a minute or less after the hour", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const early = await put(store, "/a", "early");
    await time.advance("30m");
    const late = await put(store, "/a", "late");
    await time.advance("31m");
    await expect(store.get("/a", { revision: early })).rejects.toMatchObject({ code: "STORE_COMPACTED" });
    expect(text((await store.get("/a", { revision: late })).kv)).toBe("late");
  });

  test("never forgets the present revision, however old it is", async () => {
    using time = virtualTime();
    const store = memoryStore({ retention: { age: "1m" } });
    await put(store, "/a", "1");
    const last = await put(store, "/a", "2");
    await time.advance("1d");
    expect(text((await store.get("/a", { revision: last })).kv)).toBe("2");
    expect((await store.health()).details).toMatchObject({ revision: 3, compacted: 2 });
  });

  test("keeps no more revisions than it was told, trimmed each minute", async () => {
    using time = virtualTime();
    const store = memoryStore({ retention: { revisions: 10 } });
    const compacted: number[] = [];
    using _listening = store.events.on("compacted", ({ compactRevision }) => compacted.push(compactRevision));
    for (let step = 0; step < 15; step += 1) await put(store, "/a", String(step));
    await store.get("/a", { revision: 2 });
    await time.advance("1m");
    expect(compacted).toEqual([6]);
    await expect(store.get("/a", { revision: 6 })).rejects.toMatchObject({ compactRevision: 6 });
    expect(text((await store.get("/a", { revision: 7 })).kv)).toBe("5");
  });

  test("trims at once what has grown to twice its size", async () => {
    using _time = virtualTime();
    const store = memoryStore({ retention: { revisions: 100 } });
    for (let step = 0; step < 1_000; step += 1) await put(store, "/a", "");
    const { compacted } = (await store.health()).details as { compacted: number };
    expect(1_001 - compacted).toBeLessThanOrEqual(200);
  });

  test("keeps everything when told to", async () => {
    using time = virtualTime();
    const store = memoryStore({ retention: { age: Number.POSITIVE_INFINITY, revisions: Number.POSITIVE_INFINITY } });
    for (let step = 0; step < 50; step += 1) await put(store, "/a", String(step));
    await time.advance("30d");
    expect(text((await store.get("/a", { revision: 2 })).kv)).toBe("0");
  });

  test("forgets deleted keys altogether", async () => {
    using time = virtualTime();
    const store = memoryStore({ retention: { age: "1m" } });
    for (let step = 0; step < 600; step += 1) await put(store, `/k${step}`, "");
    await store.txn({ then: [op.delete({ prefix: "/k" })] });
    await put(store, "/last", "");
    await time.advance("5m");
    expect((await store.health()).details).toMatchObject({ keys: 1 });
    expect((await store.range({ prefix: "" })).count).toBe(1);
  });

  test("costs nothing to who reads what is there now", () => {
    const keyspace = new Keyspace();
    for (let index = 0; index < 1_000; index += 1) {
      keyspace.delete(keyspace.put(`/a/${index}`, new Uint8Array(1), undefined));
    }
    keyspace.put("/a/500", new Uint8Array(1), undefined);
    using walks = vi.spyOn(SlotList.prototype, "forEach");
    expect(keyspace.select({ prefix: "/a/" }).count).toBe(1);
    let visited = 0;
    const [list] = walks.mock.contexts as SlotList[];
    list?.forEach({ start: "" }, () => (visited += 1));
    expect(visited).toBe(1);
  });

  test("refuses what is no retention", () => {
    expect(() => memoryStore({ retention: { revisions: 0 } })).toThrow("Expected `retention.revisions`");
    expect(() => memoryStore({ retention: { age: "soon" as "1s" } })).toThrow("Expected `retention.age`");
  });
});

describe("leases", () => {
  test("expire at the deadline to the millisecond, the holder being told first", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const lease = await store.grantLease(1_500);
    await put(store, "/a", "1", { lease: lease.id });
    const order: string[] = [];
    lease.signal.addEventListener("abort", () => order.push("holder"));
    const watch = store.watch({ key: "/a" }, { progressMs: 60_000 })[Symbol.asyncIterator]();
    await watch.next();
    const gone = watch.next().then(() => order.push("watcher"));
    await time.advance(1_499);
    expect(lease.signal.aborted).toBe(false);
    await time.advance(1);
    await gone;
    expect(order).toEqual(["holder", "watcher"]);
    expect(lease.signal.reason).toMatchObject({ code: "STORE_LEASE_NOT_FOUND", leaseId: lease.id });
  });

  test("are over at the deadline even where their timer is late", async () => {
    using time = virtualTime();
    let late = 0;
    const runtime = new Proxy(time.runtime, {
      get: (target, name) => {
        if (name === "now") return () => target.now() + late;
        const member: unknown = Reflect.get(target, name);
        return typeof member === "function" ? (member.bind(target) as unknown) : member;
      },
    });
    const store = memoryStore({ runtime });
    const lease = await store.grantLease(1_000);
    await put(store, "/a", "1", { lease: lease.id });
    late = 1_000;
    await expect(put(store, "/b", "1", { lease: lease.id })).rejects.toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
    expect((await store.get("/a")).kv).toBeUndefined();
    await expect(lease.keepAliveOnce()).rejects.toMatchObject({ code: "STORE_LEASE_NOT_FOUND" });
  });

  test("delete their keys in the order of the keys", async () => {
    const store = memoryStore();
    const lease = await store.grantLease(600_000);
    for (const key of ["/c", "/a", "/b"]) await put(store, key, "", { lease: lease.id });
    const watch = store.watch({ prefix: "/" })[Symbol.asyncIterator]();
    await lease.revoke();
    await watch.next();
    const { value } = (await watch.next()) as IteratorYieldResult<WatchBatch>;
    expect(value.type === "events" && value.events.map(({ kv }) => kv.key)).toEqual(["/a", "/b", "/c"]);
  });

  test("may be used again by what hears of their end", async () => {
    const store = memoryStore();
    const lease = await store.grantLease(600_000);
    await put(store, "/a", "1", { lease: lease.id });
    const rescued = new Promise((resolve) => {
      lease.signal.addEventListener("abort", () => {
        resolve(put(store, "/a", "rescued"));
      });
    });
    await lease.revoke();
    await rescued;
    expect(text((await store.get("/a")).kv)).toBe("rescued");
  });
});

describe("watches", () => {
  test("many waits on one of them are answered in order, and all end together", async () => {
    const store = memoryStore();
    const watch = store.watch({ prefix: "" })[Symbol.asyncIterator]();
    await watch.next();
    const waits = [watch.next(), watch.next(), watch.next(), watch.next()];
    await put(store, "/a", "1");
    await put(store, "/a", "2");
    await store.close();
    const ends = await Promise.allSettled(waits);
    expect(
      ends.map((end) =>
        end.status === "fulfilled" ? (end.value.value as WatchBatch | undefined)?.revision : "closed",
      ),
    ).toEqual([2, 3, "closed", undefined]);
  });

  test("that have ended are forgotten, whichever kind of range they had", async () => {
    const store = memoryStore();
    const ranges = [{ key: "/a" }, { prefix: "/a" }, { prefix: "/b" }, { start: "/a", end: "/c" }];
    const watches = [...ranges, ...ranges].map((range) => store.watch(range)[Symbol.asyncIterator]());
    expect((await store.health()).details).toMatchObject({ watches: 8 });
    for (const watch of watches) await watch.return?.();
    for (const watch of watches) await watch.return?.();
    expect((await store.health()).details).toMatchObject({ watches: 0 });
    await put(store, "/a", "1");
  });

  test("take a single revision of any size", async () => {
    const store = memoryStore();
    const lease = await store.grantLease(600_000);
    for (let start = 0; start < 12_000; start += 100) {
      const puts = Array.from({ length: 100 }, (_, index) => op.put(`/k${start + index}`, "", { lease: lease.id }));
      await store.txn({ then: puts });
    }
    const watch = store.watch({ prefix: "/" })[Symbol.asyncIterator]();
    await lease.revoke();
    await watch.next();
    const { value } = (await watch.next()) as IteratorYieldResult<WatchBatch>;
    expect(value.type === "events" && value.events.length).toBe(12_000);
  });

  test("read previous states even where compaction has passed by", async () => {
    const store = memoryStore();
    await put(store, "/a", "1");
    const watch = store.watch({ prefix: "/" }, { prevKv: true })[Symbol.asyncIterator]();
    await store.compact(await put(store, "/a", "2"));
    await watch.next();
    const { value } = (await watch.next()) as IteratorYieldResult<WatchBatch>;
    expect(value.type === "events" && text(value.events[0]?.prev)).toBe("1");
  });

  test("end where the log they read was compacted under them", async () => {
    const store = memoryStore();
    for (const value of ["1", "2", "3"]) await put(store, "/a", value);
    const watch = store.watch({ prefix: "/" }, { from: 2 })[Symbol.asyncIterator]();
    await watch.next();
    await watch.next();
    await store.compact(3);
    await expect(watch.next()).rejects.toMatchObject({ code: "STORE_COMPACTED", compactRevision: 3 });
    expect(await watch.next()).toEqual({ done: true, value: undefined });
  });

  test("report progress to each of several waits", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const watch = store.watch({ prefix: "" }, { progressMs: 100 })[Symbol.asyncIterator]();
    await watch.next();
    const waits = Promise.all([watch.next(), watch.next()]);
    await time.advance(200);
    expect((await waits).map(({ value }) => value as unknown)).toEqual([
      { type: "progress", revision: 1 },
      { type: "progress", revision: 1 },
    ]);
  });
});

describe("100,000 keys", () => {
  test("stay in order while they come and go", async () => {
    const store = memoryStore({ retention: { revisions: 50_000 } });
    const name = (index: number): string => `/n/${((index * 7_919) % 100_003).toString().padStart(6, "0")}`;
    for (let start = 0; start < 100_000; start += 100) {
      await store.txn({ then: Array.from({ length: 100 }, (_, index) => op.put(name(start + index), "")) });
    }
    expect((await store.range({ prefix: "/n/" }, { countOnly: true })).count).toBe(100_000);
    const { kvs } = await store.range({ start: "/n/05", end: "/n/06" });
    expect(kvs.map(({ key }) => key)).toEqual(kvs.map(({ key }) => key).sort());
    await store.txn({ then: [op.delete({ prefix: "/n/05" })] });
    await store.compact((await store.get("/x")).revision);
    expect((await store.health()).details).toMatchObject({ keys: 100_000 - kvs.length });
    expect((await store.range({ prefix: "/n/0" }, { limit: 3, reverse: true })).kvs).toHaveLength(3);
  });
});

test("calls and lags are published to whoever listens", async () => {
  const store = memoryStore();
  const seen: unknown[] = [];
  const listen = (message: unknown): void => void seen.push(message);
  for (const channel of ["keelson:store:call", "keelson:store:lag"]) subscribe(channel, listen);
  try {
    store.watch({ prefix: "" });
    await store.get("/a");
    await expect(store.get("")).rejects.toThrow();
    const value = new Uint8Array(1_048_576);
    for (let round = 0; round < 17; round += 1) await put(store, "/a", value);
  } finally {
    for (const channel of ["keelson:store:call", "keelson:store:lag"]) unsubscribe(channel, listen);
  }
  expect(seen.slice(0, 3)).toMatchObject([
    { driver: "memory", method: "get", durationMs: expect.any(Number) as number },
    { driver: "memory", method: "get", error: expect.any(TypeError) as TypeError },
    { driver: "memory", method: "txn" },
  ]);
  expect(seen).toContainEqual({ driver: "memory", resumeFrom: 2 });
});
