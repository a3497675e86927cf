import { describe, expect, test } from "vitest";
import {
  type StateStore,
  compareAndSwap,
  jsonCodec,
  namespaced,
  op,
  put,
  putIfAbsent,
  readOnly,
  typed,
  when,
} from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { text, textsOf } from "../support/store.js";

describe("putIfAbsent", () => {
  test("creates once and then shows what is there", async () => {
    const store = memoryStore();
    expect(await putIfAbsent(store, "/a", "1")).toEqual({ created: true, revision: 2 });
    const second = await putIfAbsent(store, "/a", "2");
    expect(second).toMatchObject({ created: false, revision: 2, kv: { key: "/a", modRevision: 2 } });
    expect(second.created || text(second.kv)).toBe("1");
  });

  test("attaches the key to a lease", async () => {
    const store = memoryStore();
    const lease = await store.grantLease(600_000);
    await putIfAbsent(store, "/a", "1", { lease: lease.id });
    await lease.revoke();
    expect((await store.get("/a")).kv).toBeUndefined();
  });
});

describe("compareAndSwap", () => {
  test("writes at the expected revision only, 0 standing for an absent key", async () => {
    const store = memoryStore();
    expect(await compareAndSwap(store, "/a", 0, "1")).toEqual({ swapped: true, revision: 2 });
    expect(await compareAndSwap(store, "/a", 2, "2")).toEqual({ swapped: true, revision: 3 });
    expect(await compareAndSwap(store, "/a", 2, "3")).toMatchObject({ swapped: false, kv: { modRevision: 3 } });
    expect(await compareAndSwap(store, "/b", 2, "3")).toEqual({ swapped: false, revision: 3 });
  });
});

describe("readOnly", () => {
  test("reads and watches, and refuses every change", async () => {
    const store = memoryStore();
    const view = readOnly(store);
    const watch = view.watch({ prefix: "" })[Symbol.asyncIterator]();
    await put(store, "/a", "1");
    expect(text((await view.get("/a")).kv)).toBe("1");
    expect((await view.range({ prefix: "" })).count).toBe(1);
    expect((await view.txn({ if: [when("/a").version("=", 1)], then: [op.range({ key: "/a" })] })).succeeded).toBe(
      true,
    );
    await watch.next();
    expect((await watch.next()).value).toMatchObject({ type: "events", revision: 2 });
    const refusal = { code: "STORE_READ_ONLY" };
    await expect(put(view, "/a", "2")).rejects.toMatchObject(refusal);
    await expect(view.txn({ then: [], else: [op.delete("/a")] })).rejects.toMatchObject(refusal);
    await expect(view.grantLease(1_000)).rejects.toMatchObject(refusal);
    await expect(view.compact(1)).rejects.toMatchObject(refusal);
    expect((await store.get("/a")).revision).toBe(2);
    expect(view.capabilities.leases).toBe(false);
    expect((await view.health()).status).toBe("pass");
  });
});

describe("namespaced", () => {
  const seeded = async (): Promise<[StateStore, StateStore]> => {
    const store = memoryStore();
    for (const key of ["/a", "/jobs/1", "/jobs/2", "/jobs0"]) await put(store, key, key);
    return [store, namespaced(store, "/jobs/")];
  };

  test("sees the keys behind its prefix only, by any range", async () => {
    const [, view] = await seeded();
    const keys = async (range: Parameters<StateStore["range"]>[0]): Promise<readonly string[]> =>
      (await view.range(range)).kvs.map(({ key }) => key);
    expect(await keys({ prefix: "" })).toEqual(["1", "2"]);
    expect(await keys({ start: "" })).toEqual(["1", "2"]);
    expect(await keys({ start: "2" })).toEqual(["2"]);
    expect(await keys({ start: "1", end: "2" })).toEqual(["1"]);
    expect(await keys({ key: "2" })).toEqual(["2"]);
    await expect(view.get("")).rejects.toThrow(TypeError);
  });

  test("translates transactions, their answers and watches both ways", async () => {
    const [store, view] = await seeded();
    const watch = view.watch({ prefix: "" }, { prevKv: true })[Symbol.asyncIterator]();
    await watch.next();
    const { results } = await view.txn({
      if: [when("1").version("=", 1)],
      then: [op.put("3", "new"), op.delete("1", { prevKv: true }), op.range({ prefix: "" })],
    });
    expect(results[1]).toMatchObject({ deleted: 1, prevKvs: [{ key: "1" }] });
    expect(results[2]).toMatchObject({ kvs: [{ key: "2" }, { key: "3" }] });
    expect(textsOf(await store.range({ prefix: "/jobs/" }))).toEqual({ "/jobs/2": "/jobs/2", "/jobs/3": "new" });
    expect((await watch.next()).value).toMatchObject({
      events: [
        { type: "put", kv: { key: "3" } },
        { type: "delete", kv: { key: "1" }, prev: { key: "1" } },
      ],
    });
    await view.compact(2);
    expect((await view.health()).details).toMatchObject({ compacted: 2 });
  });

  test("closing it ends its watches and leaves the store open", async () => {
    const [store, view] = await seeded();
    const watch = view.watch({ prefix: "" })[Symbol.asyncIterator]();
    await watch.next();
    const pending = watch.next();
    await view.close();
    await view.close();
    await expect(pending).rejects.toMatchObject({ code: "STORE_CLOSED" });
    await expect(view.get("1")).rejects.toMatchObject({ code: "STORE_CLOSED" });
    expect((await view.health()).status).toBe("fail");
    expect((await store.get("/jobs/1")).kv).toBeDefined();
  });

  test("refuses a prefix that is no key", () => {
    expect(() => namespaced(memoryStore(), "")).toThrow("Expected `prefix` to be");
  });
});

describe("typed", () => {
  interface Plan {
    readonly replicas: number;
  }

  test("encodes what is put and decodes what is read, ranged and watched", async () => {
    const plans = typed(memoryStore(), jsonCodec<Plan>());
    const watch = plans.watch({ prefix: "" }, { prevKv: true })[Symbol.asyncIterator]();
    expect((await watch.next()).value).toEqual({ type: "progress", revision: 1 });
    expect(await plans.put("/web", { replicas: 1 })).toBe(2);
    expect((await plans.compareAndSwap("/web", 2, { replicas: 2 })).swapped).toBe(true);
    expect((await plans.compareAndSwap("/web", 2, { replicas: 3 })).entry?.value).toEqual({ replicas: 2 });
    expect((await plans.compareAndSwap("/none", 2, { replicas: 3 })).entry).toBeUndefined();
    expect((await plans.get("/web")).entry).toMatchObject({ key: "/web", value: { replicas: 2 }, modRevision: 3 });
    expect((await plans.get("/none")).entry).toBeUndefined();
    expect((await plans.range({ prefix: "/" })).entries.map(({ value }) => value)).toEqual([{ replicas: 2 }]);
    expect(await plans.delete("/web")).toEqual({ revision: 4, deleted: 1 });
    expect((await watch.next()).value).toMatchObject({ events: [{ type: "put", entry: { value: { replicas: 1 } } }] });
    await watch.next();
    expect((await watch.next()).value).toEqual({
      type: "events",
      revision: 4,
      events: [
        {
          type: "delete",
          key: "/web",
          prev: { key: "/web", value: { replicas: 2 }, createRevision: 2, modRevision: 3, version: 2 },
        },
      ],
    });
    await watch.return?.();
    expect((await plans.store.health()).details).toMatchObject({ watches: 0 });
  });

  test("fails a read of bytes that it can't decode, naming the key", async () => {
    const store = memoryStore();
    await put(store, "/bad", "{");
    await expect(typed(store, jsonCodec()).get("/bad")).rejects.toThrow('while decoding the value of "/bad"');
    const positive = jsonCodec((value) => {
      if (typeof value === "number" && value > 0) return value;
      throw new RangeError("not positive");
    });
    await expect(typed(store, positive).put("/n", 1)).resolves.toBe(3);
    expect(() => jsonCodec<unknown>().encode(undefined)).toThrow(TypeError);
  });
});
