import { describe, expect, test } from "vitest";
import { type StateStore, op, put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type StoreFault, storeConformance, virtualTime, withFaults } from "keelson/testing";
import { outcome } from "../support/outcome.js";
import { batchesUntil, text } from "../support/store.js";

const code = async (promise: Promise<unknown>): Promise<unknown> => {
  const result = (await outcome(promise)) as { readonly code?: string } | undefined;
  return result?.code ?? "succeeded";
};

describe("calls", () => {
  test("fail before they are made: nothing happened", async () => {
    const store = withFaults(memoryStore(), [{ kind: "failBefore", nth: [1] }]);
    expect(await code(put(store, "/a", "1"))).toBe("STORE_NOT_APPLIED");
    expect((await store.get("/a")).kv).toBeUndefined();
    expect(await code(put(store, "/a", "1"))).toBe("succeeded");
  });

  test("fail after they were made: it happened, and the caller can't tell", async () => {
    const store = withFaults(memoryStore(), [{ kind: "failAfter", method: "txn", nth: [2] }]);
    await put(store, "/a", "1");
    expect(await code(put(store, "/a", "2"))).toBe("STORE_AMBIGUOUS");
    expect(text((await store.get("/a")).kv)).toBe("2");
  });

  test("that only read are unavailable, before and after", async () => {
    for (const kind of ["failBefore", "failAfter"] as const) {
      const store = withFaults(memoryStore(), [{ kind }]);
      expect(await code(store.get("/a"))).toBe("STORE_UNAVAILABLE");
      expect(await code(store.range({ prefix: "" }))).toBe("STORE_UNAVAILABLE");
    }
  });

  test("are counted for each method, and over all where none is named", async () => {
    const store = withFaults(memoryStore(), [
      { kind: "failBefore", method: "get", nth: [2] },
      { kind: "failBefore", nth: [4] },
    ]);
    const codes: unknown[] = [];
    for (const call of [
      () => put(store, "/a", "1"),
      () => store.get("/a"),
      () => store.get("/a"),
      () => put(store, "/a", "2"),
    ]) {
      codes.push(await code(call()));
    }
    expect(codes).toEqual(["succeeded", "succeeded", "STORE_UNAVAILABLE", "STORE_NOT_APPLIED"]);
  });

  test("come late, and can be given up before they are made", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), [{ kind: "latency", method: "txn", delay: "2s" }]);
    const slow = put(store, "/a", "1");
    await time.advance(1_999);
    expect((await store.get("/a")).kv).toBeUndefined();
    await time.advance(1);
    expect(await slow).toBe(2);
    const stop = new AbortController();
    const reason = new Error("no longer wanted");
    const given = outcome(put(store, "/a", "2", { signal: stop.signal }));
    stop.abort(reason);
    expect(await given).toBe(reason);
    await time.advance("1m");
    expect(text((await store.get("/a")).kv)).toBe("1");
  });

  test("are struck by chance, which is the runtime's", async () => {
    const struck = async (seed: number): Promise<readonly unknown[]> => {
      using _time = virtualTime({ seed });
      const store = withFaults(memoryStore(), [{ kind: "failBefore", chance: 0.3 }]);
      return await Promise.all(Array.from({ length: 100 }, () => code(store.get("/a"))));
    };
    const first = await struck(1);
    expect(first).toEqual(await struck(1));
    expect(first).not.toEqual(await struck(2));
    const failures = first.filter((each) => each === "STORE_UNAVAILABLE").length;
    expect(failures).toBeGreaterThan(15);
    expect(failures).toBeLessThan(45);
  });

  test("compaction, too", async () => {
    const store = withFaults(memoryStore(), [{ kind: "failAfter", method: "compact" }]);
    const revision = await put(store, "/a", "1");
    expect(await code(store.compact(revision))).toBe("STORE_AMBIGUOUS");
    expect(await code(store.get("/a", { revision: revision - 1 }))).toBe("STORE_COMPACTED");
  });
});

describe("watches", () => {
  const seen = async (fault: StoreFault): Promise<readonly number[]> => {
    const store = withFaults(memoryStore(), [fault]);
    const watch = store.watch({ prefix: "/" });
    for (const value of ["1", "2", "3"]) await put(store, "/a", value);
    const batches = await batchesUntil(watch, ({ revision }) => revision === 4);
    return batches.filter(({ type }) => type === "events").map(({ revision }) => revision);
  };

  test("skip a batch", async () => {
    expect(await seen({ kind: "watchGap", nth: [2] })).toEqual([2, 4]);
  });

  test("repeat a batch", async () => {
    expect(await seen({ kind: "watchDuplicate", nth: [1, 2] })).toEqual([2, 2, 3, 3, 4]);
  });
});

describe("leases", () => {
  const leased = async (store: StateStore): Promise<Awaited<ReturnType<StateStore["grantLease"]>>> => {
    const lease = await store.grantLease(10_000);
    await put(store, "/a", "1", { lease: lease.id });
    return lease;
  };

  test("go too early, and their holder is the last to know", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), [{ kind: "leaseLoss", after: "3s", nth: [1] }]);
    const [lease, other] = [await leased(store), await store.grantLease(10_000)];
    await time.advance("3s");
    expect((await store.get("/a")).kv).toBeUndefined();
    expect([lease.signal.aborted, lease.deadline()]).toEqual([false, 10_000]);
    await other.keepAliveOnce();
    expect(await code(lease.keepAliveOnce())).toBe("STORE_LEASE_NOT_FOUND");
    expect(lease.signal.aborted).toBe(true);
  });

  test("that went unnoticed end at their deadline", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), [{ kind: "leaseLoss", after: 1 }]);
    const { signal } = await leased(store);
    await time.advance(9_999);
    expect(signal.aborted).toBe(false);
    await time.advance(1);
    expect(signal.aborted).toBe(true);
  });

  test("whose renewal's answer is lost end on this side, while the store holds them", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), [{ kind: "failAfter", method: "keepAlive" }]);
    const lease = await leased(store);
    await time.advance("9s");
    expect(await code(lease.keepAliveOnce())).toBe("STORE_AMBIGUOUS");
    expect(lease.deadline()).toBe(10_000);
    await time.advance("1s");
    expect(lease.signal.aborted).toBe(true);
    expect((await store.get("/a")).kv).toBeDefined();
    expect(await code(lease.keepAliveOnce())).toBe("STORE_LEASE_NOT_FOUND");
    await time.advance("9s");
    expect((await store.get("/a")).kv).toBeUndefined();
  });

  test("can't be given back: they expire", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), [{ kind: "failBefore", method: "revoke" }]);
    const lease = await leased(store);
    expect(await code(lease.revoke())).toBe("STORE_NOT_APPLIED");
    expect(lease.signal.aborted).toBe(true);
    expect((await store.get("/a")).kv).toBeDefined();
    await time.advance("10s");
    expect((await store.get("/a")).kv).toBeUndefined();
  });

  test("are kept alive through the faults like the store's own", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), []);
    const lease = await leased(store);
    await time.advance("8s");
    await lease.keepAliveOnce();
    expect(lease.deadline()).toBe(18_000);
    await time.advance("9s");
    expect(lease.signal.aborted).toBe(false);
    await store.close();
    expect(lease.signal.aborted).toBe(true);
    expect(time.failures).toEqual([]);
  });
});

test("without faults the store is as good as before", async () => {
  const failures: string[] = [];
  const tests: [name: string, body: () => Promise<void>][] = [];
  storeConformance({ test: (name, body) => tests.push([name, body]), open: () => withFaults(memoryStore(), []) });
  for (const [name, body] of tests) {
    using _time = virtualTime({ autoAdvance: true });
    await body().catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
  }
  expect(failures).toEqual([]);
});

test("a plan that makes no sense is refused", () => {
  const plan = (fault: object) => () => withFaults(memoryStore(), [fault as StoreFault]);
  expect(plan({ kind: "explode" })).toThrow("Expected `faults[0].kind` to be one of");
  expect(plan({ kind: "failAfter", methods: "txn" })).toThrow(
    'Expected `faults[0]` to have nothing but `kind`, `nth`, `chance`, `method`, `delay`, got "methods"',
  );
  expect(plan({ kind: "latency", delay: "5" })).toThrow("Expected `faults[0].delay` to be a duration");
  expect(plan({ kind: "leaseLoss" })).toThrow("Expected `faults[0].after` to be a duration");
  expect(plan({ kind: "latency", nth: 1 })).toThrow("Expected `faults[0].nth` to be an array of numbers, got `1`");
  expect(() => withFaults(memoryStore(), [], { clock: 1 } as object)).toThrow('got "clock"');
  expect(plan({ kind: "watchGap", chance: 2 })).toThrow("Expected `faults[0].chance`");
  expect(plan({ kind: "failBefore", method: "tnx" })).toThrow("Expected `faults[0].method` to be one of");
  expect(plan({ kind: "failBefore", nth: [0] })).toThrow(
    "Expected `faults[0].nth[0]` to be an integer of at least 1, got `0`",
  );
  expect(plan({ kind: "leaseLoss", after: 1, nth: [1, 1.5] })).toThrow("Expected `faults[0].nth[1]`");
});

test("an operation of the store's own that fails is not covered up", async () => {
  const store = withFaults(memoryStore(), [{ kind: "failAfter" }]);
  expect(await code(store.txn({ then: [op.put("/a", "1", { lease: "none" })] }))).toBe("STORE_LEASE_NOT_FOUND");
});
