import { expect, test } from "vitest";
import { type StateStore, op, put, when } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import {
  recordStore,
  replayCalls,
  storeConformance,
  validateWatches,
  virtualTime,
  watchHistory,
  withFaults,
} from "keelson/testing";
import { outcome } from "../support/outcome.js";

async function keysOf(store: StateStore): Promise<readonly string[]> {
  return (await store.range({ prefix: "" })).kvs.map(({ key, version }) => `${key}@${version}`);
}

test("calls are remembered in order, with when and what came of them", async () => {
  using time = virtualTime();
  const store = recordStore(withFaults(memoryStore(), [{ kind: "latency", method: "get", delay: 5 }]));
  await put(store, "/a", "1");
  const read = store.get("/a", { consistency: "serializable", signal: new AbortController().signal });
  const health = store.health();
  expect(store.callsOf("get")[0]).toEqual({
    method: "get",
    key: "/a",
    options: { consistency: "serializable" },
    calledAt: 0,
    outcome: { kind: "pending" },
  });
  await time.advance(10);
  await Promise.all([read, health]);
  expect(store.calls.map(({ method, calledAt, returnedAt }) => [method, calledAt, returnedAt])).toEqual([
    ["txn", 0, 0],
    ["get", 0, 5],
    ["health", 0, 0],
  ]);
  expect(store.callsOf("get")[0]?.outcome).toMatchObject({ kind: "value", value: { kv: { key: "/a" } } });
});

test("errors are remembered and thrown on", async () => {
  const store = recordStore(memoryStore());
  const error = await outcome(store.get("/a", { revision: 99 }));
  expect(store.calls[0]?.outcome).toEqual({ kind: "error", error });
  await store.close();
  expect(await outcome(store.health())).toMatchObject({ status: "fail" });
  store.forget();
  expect(store.calls).toEqual([]);
});

test("the log holds copies: what is changed afterwards changes nothing in it", async () => {
  const store = recordStore(memoryStore());
  const value = Uint8Array.of(1);
  await put(store, "/a", value);
  value[0] = 2;
  const { kv } = await store.get("/a");
  if (kv !== undefined) kv.value[0] = 3;
  expect(store.callsOf("txn")[0]?.txn.then[0]).toMatchObject({ value: Uint8Array.of(1) });
  expect(store.callsOf("get")[0]?.outcome).toMatchObject({ value: { kv: { value: Uint8Array.of(1) } } });
  const before = store.calls;
  await store.health();
  expect(before).toHaveLength(2);
});

test("leases are recorded with what is asked of them", async () => {
  const store = recordStore(memoryStore());
  const lease = await store.grantLease(5_000);
  expect(lease.deadline()).toBeGreaterThan(0);
  await lease.keepAliveOnce();
  await lease.revoke();
  expect(lease.signal.aborted).toBe(true);
  const { id } = lease;
  expect(store.calls).toMatchObject([
    { method: "grantLease", ttlMs: 5_000, outcome: { value: { id, ttlMs: 5_000 } } },
    { method: "keepAlive", leaseId: id },
    { method: "revoke", leaseId: id },
  ]);
});

test("replayed on another store, the calls come to the same", async () => {
  const recorded = recordStore(memoryStore());
  const lease = await recorded.grantLease(60_000);
  const other = await recorded.grantLease(60_000);
  await put(recorded, "/a", "1", { lease: lease.id });
  await put(recorded, "/b", "1", { lease: other.id });
  const claim = { if: [when("/a").lease("=", lease.id)], then: [op.put("/c", "1")], else: [op.delete("/c")] };
  await recorded.txn(claim);
  await other.keepAliveOnce();
  await other.revoke();
  await recorded.txn(claim);
  await recorded.range({ prefix: "/" }, { reverse: true });
  await recorded.compact(3);
  await outcome(recorded.get("/a", { revision: 2 }));
  const fresh = memoryStore();
  const outcomes = await replayCalls(recorded.calls, fresh);
  expect(outcomes.map(({ kind }) => kind)).toEqual(recorded.calls.map(({ outcome }) => outcome.kind));
  expect(await keysOf(fresh)).toEqual(["/a@1", "/c@2"]);
  expect(await keysOf(recorded)).toEqual(await keysOf(fresh));
});

test("watches are recorded: what they delivered can be held against what was written", async () => {
  const record = async (store: StateStore): Promise<object> => {
    const recorded = recordStore(store);
    const watch = recorded.watch({ prefix: "/" }, { prevKv: true });
    for (const value of ["1", "2", "3"]) await put(recorded, "/a", value);
    const last = await put(recorded, "/end", "");
    for await (const batch of watch) if (batch.revision === last) break;
    expect(recorded.callsOf("watch")[0]?.outcome).toEqual({ kind: "value", value: undefined });
    return validateWatches(watchHistory(recorded.calls));
  };
  expect(await record(memoryStore())).toEqual({});
  expect(Object.keys(await record(withFaults(memoryStore(), [{ kind: "watchGap", nth: [2] }])))).toEqual(["reliable"]);
});

test("a watch that fails says with what", async () => {
  const store = recordStore(memoryStore());
  const iterator = store.watch({ prefix: "" })[Symbol.asyncIterator]();
  await iterator.next();
  expect(store.calls).toMatchObject([{ outcome: { kind: "pending" }, batches: [{ type: "progress" }] }]);
  await store.close();
  const error = await outcome(iterator.next());
  expect(store.calls[0]?.outcome).toEqual({ kind: "error", error });
});

test("a recorded store is a store", async () => {
  const failures: string[] = [];
  const tests: [name: string, body: () => Promise<void>][] = [];
  storeConformance({ test: (name, body) => tests.push([name, body]), open: () => recordStore(memoryStore()) });
  for (const [name, body] of tests) {
    using _time = virtualTime({ autoAdvance: true });
    await body().catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
  }
  expect(failures).toEqual([]);
});
