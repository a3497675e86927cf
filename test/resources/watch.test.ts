import { type ResourceClient, type ResourceEvent, createResourceClient } from "keelson/resources";
import {
  CompactedError,
  StoreAuthError,
  StoreUnavailableError,
  UnsupportedError,
  WatchLaggedError,
  op,
} from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultyStore, faultyStore } from "./faulty-store.js";
import { Workload, type WorkloadSpec, type WorkloadStatus } from "./workload.js";

type Event = ResourceEvent<WorkloadSpec, WorkloadStatus>;

let time: VirtualTime;
let faults: FaultyStore;
let client: ResourceClient;
let stop: AbortController;
let base: number;

beforeEach(async () => {
  time = virtualTime();
  faults = faultyStore(memoryStore());
  client = createResourceClient(faults.store);
  stop = new AbortController();
  base = (await faults.store.get("/nothing")).revision;
});

/** The version that the n-th write of a test makes. */
function version(n: number): string {
  return String(base + n);
}

afterEach(async () => {
  stop.abort();
  await time.settle();
  await faults.store.close();
  expect(time.failures).toStrictEqual([]);
  time[Symbol.dispose]();
});

const draft = (name: string, labels: Record<string, string> = {}): Parameters<typeof create>[0] => ({
  metadata: { name, labels },
  spec: { image: "a" },
});

function create(given: {
  metadata: { name: string; labels: Record<string, string> };
  spec: { image: string };
}): Promise<Workload> {
  return client.create(Workload, given);
}

/** Events as short words, gathered while the test goes on; the error that ended them last. */
function gather(options: Parameters<ResourceClient["watch"]>[1] = {}): {
  readonly events: Event[];
  take(): string[];
  readonly ended: Promise<unknown>;
} {
  const events: Event[] = [];
  let taken = 0;
  const run = async (): Promise<unknown> => {
    try {
      for await (const event of client.watch(Workload, { signal: stop.signal, ...options })) events.push(event);
      return "done";
    } catch (error) {
      return error;
    }
  };
  return {
    events,
    take() {
      const fresh = events.slice(taken);
      taken = events.length;
      return fresh.filter(({ type }) => type !== "progress").map(word);
    },
    ended: run(),
  };
}

function word(event: Event): string {
  switch (event.type) {
    case "added":
    case "modified":
    case "deleted":
      return `${event.type} ${event.resource.metadata.name}`;
    case "invalid":
      return `invalid ${event.key.name}`;
    case "synced":
    case "progress":
      return event.type;
  }
}

test("initial addeds, then synced, then changes with what was there before", async () => {
  const a = await create(draft("a"));
  await create(draft("b"));
  const seen = gather();
  await time.settle();
  expect(seen.take()).toStrictEqual(["added a", "added b", "synced"]);
  expect(seen.events.at(-1)?.type === "synced" && seen.events.at(-1)).toMatchObject({ resourceVersion: version(2) });
  const scaled = await client.update(a, ({ spec }) => void (spec.replicas = 2));
  await create(draft("c"));
  await client.delete(a);
  await time.settle();
  expect(seen.take()).toStrictEqual(["modified a", "added c", "deleted a"]);
  expect(seen.events).toContainEqual({ type: "modified", resource: scaled, previous: a });
  expect(seen.events).toContainEqual({ type: "deleted", resource: scaled, resourceVersion: version(5) });
});

test("a watch from a version misses nothing and begins without synced", async () => {
  const a = await create(draft("a"));
  const { resourceVersion } = await client.list(Workload);
  await create(draft("b"));
  await client.delete(a);
  const seen = gather({ resourceVersion });
  await time.settle();
  expect(seen.take()).toStrictEqual(["added b", "deleted a"]);
  expect(seen.events).toContainEqual({ type: "deleted", resource: a, resourceVersion: version(3) });
});

test("an object that stops matching is deleted, one that starts to is added", async () => {
  const a = await create(draft("a", { app: "web" }));
  const b = await create(draft("b"));
  const seen = gather({ labels: "app=web" });
  await time.settle();
  expect(seen.take()).toStrictEqual(["added a", "synced"]);
  await client.update(b, ({ metadata }) => void (metadata.labels["app"] = "web"));
  await client.update(a, ({ metadata }) => void (metadata.labels["app"] = "db"));
  await client.update(a, ({ spec }) => void (spec.replicas = 3));
  await time.settle();
  expect(seen.take()).toStrictEqual(["added b", "deleted a"]);
  expect(seen.events).toContainEqual({ type: "deleted", resource: a, resourceVersion: version(4) });
});

test("a revision of which nothing is selected is told as progress at once", async () => {
  const seen = gather({ labels: "app=web" });
  await time.settle();
  await create(draft("a"));
  await time.settle();
  expect(seen.events.at(-1)).toStrictEqual({ type: "progress", resourceVersion: version(1) });
});

test("progress keeps coming while nothing happens", async () => {
  const seen = gather();
  await time.settle();
  await faults.store.txn({ then: [op.put("/elsewhere", "x")] });
  await time.advance("5s");
  expect(seen.events.at(-1)).toStrictEqual({ type: "progress", resourceVersion: version(1) });
});

test("StoreUnavailableError: backs off, then resumes without a gap", async () => {
  const a = await create(draft("a"));
  const seen = gather();
  await time.settle();
  seen.take();
  faults.nextWatch(new StoreUnavailableError("still gone"));
  faults.breakWatches(new StoreUnavailableError("gone"));
  await time.settle();
  await client.delete(a);
  await create(draft("b"));
  await time.settle();
  expect(seen.take()).toStrictEqual([]);
  await time.advance("1s");
  expect(seen.take()).toStrictEqual(["deleted a", "added b"]);
  expect(faults.calls.filter((call) => call === "range")).toHaveLength(1);
});

test("a store that cannot be reached at the start is waited for", async () => {
  await create(draft("a"));
  for (let attempt = 0; attempt < 20; attempt += 1) faults.nextRange(new StoreUnavailableError("down"));
  const seen = gather();
  await time.advance("1s");
  expect(seen.take()).toStrictEqual([]);
  expect(faults.calls.filter((call) => call === "range").length).toBeLessThan(10);
  await time.advance("20m");
  expect(seen.take()).toStrictEqual(["added a", "synced"]);
});

test("WatchLaggedError: resumes at once", async () => {
  const seen = gather();
  await time.settle();
  faults.breakWatches(new WatchLaggedError(1));
  await create(draft("a"));
  await time.settle();
  expect(seen.take()).toStrictEqual(["synced", "added a"]);
});

test("CompactedError: relists and synthesises exactly what was missed", async () => {
  const [kept, changed, gone, renewed] = [
    await create(draft("kept")),
    await create(draft("changed")),
    await create(draft("gone")),
    await create(draft("renewed")),
  ];
  const seen = gather();
  await time.settle();
  seen.take();
  faults.nextWatch(new CompactedError(base + 5));
  faults.breakWatches(new StoreUnavailableError("gone"));
  await client.patchStatus(changed, { ready: 1 });
  await client.delete(gone);
  await client.delete(renewed);
  await create(draft("renewed"));
  await create(draft("new"));
  await time.advance("1s");
  expect(seen.take().sort()).toStrictEqual([
    "added new",
    "added renewed",
    "deleted gone",
    "deleted renewed",
    "modified changed",
  ]);
  expect(seen.events).toContainEqual({ type: "deleted", resource: gone, resourceVersion: version(9) });
  expect(seen.events.filter(({ type }) => type === "synced")).toHaveLength(1);
  expect(seen.events.at(-1)).toStrictEqual({ type: "progress", resourceVersion: version(9) });
  await client.delete(kept);
  await time.settle();
  expect(seen.take()).toStrictEqual(["deleted kept"]);
});

test("a real compaction behind a broken watch relists, too", async () => {
  const a = await create(draft("a"));
  const seen = gather();
  await time.settle();
  seen.take();
  faults.breakWatches(new StoreUnavailableError("gone"));
  await client.delete(a);
  const b = await create(draft("b"));
  await faults.store.compact(Number(b.metadata.resourceVersion));
  await time.advance("1m");
  expect(seen.take()).toStrictEqual(["added b", "deleted a"]);
});

test("the same name with a new uid is deleted, then added", async () => {
  const first = await create(draft("a"));
  const seen = gather();
  await time.settle();
  seen.take();
  // Within one revision there is only the put, as a store that restores a snapshot would make it.
  const key = "/resources/Workload/default/a";
  const { kv } = await faults.store.get(key);
  const text = new TextDecoder().decode(kv?.value).replace(first.metadata.uid, "another");
  await faults.store.txn({ then: [op.put(key, text)] });
  await time.settle();
  expect(seen.take()).toStrictEqual(["deleted a", "added a"]);
  expect(seen.events.findLast(({ type }) => type === "added")).toMatchObject({
    resource: { metadata: { uid: "another" } },
  });
});

test("an unreadable object becomes an invalid event, never a dead watch", async () => {
  await faults.store.txn({ then: [op.put("/resources/Workload/default/bad", "{")] });
  const seen = gather();
  await time.settle();
  expect(seen.take()).toStrictEqual(["invalid bad", "synced"]);
  const a = await create(draft("a"));
  await faults.store.txn({ then: [op.put("/resources/Workload/default/a", "null")] });
  await faults.store.txn({ then: [op.put("/resources/Workload/short", "1")] });
  await time.settle();
  expect(seen.take()).toStrictEqual(["added a", "invalid a", "invalid short"]);
  await faults.store.txn({ then: [op.delete("/resources/Workload/default/a")] });
  await time.settle();
  expect(seen.take()).toStrictEqual(["deleted a"]);
  expect(seen.events).toContainEqual({ type: "deleted", resource: a, resourceVersion: version(5) });
});

test("a version that is gone from the start, and errors that nothing cures, reach the listener", async () => {
  await create(draft("a"));
  await create(draft("b"));
  await faults.store.compact(base + 2);
  expect(await gather({ resourceVersion: version(1) }).ended).toBeInstanceOf(CompactedError);
  for (const error of [new StoreAuthError("who are you?"), new UnsupportedError("no")]) {
    const seen = gather();
    await time.settle();
    faults.breakWatches(error);
    expect(await seen.ended).toBe(error);
  }
  expect(() => client.watch(Workload, { resourceVersion: "latest" })).toThrow(TypeError);
});

test("a closed store ends the watch", async () => {
  const seen = gather();
  await time.settle();
  await faults.store.close();
  expect(await seen.ended).toMatchObject({ code: "STORE_CLOSED" });
});

test("an abort ends the watch with its reason, also while it backs off", async () => {
  const seen = gather();
  await time.settle();
  faults.breakWatches(new StoreUnavailableError("gone"));
  await time.settle();
  const reason = new Error("enough");
  stop.abort(reason);
  expect(await seen.ended).toBe(reason);
});

test("leaving the loop, or returning while an event is waited for, ends the watch at once", async () => {
  await create(draft("a"));
  for await (const event of client.watch(Workload)) {
    expect(event.type).toBe("added");
    break;
  }
  const iterator = client.watch(Workload)[Symbol.asyncIterator]();
  await iterator.next();
  await iterator.next();
  const pending = iterator.next();
  await time.settle();
  expect(await iterator.return?.()).toStrictEqual({ done: true, value: undefined });
  expect(await pending).toStrictEqual({ done: true, value: undefined });
  expect(await iterator.next()).toStrictEqual({ done: true, value: undefined });
});

test("a watch can be iterated once", () => {
  const watch = client.watch(Workload);
  void watch[Symbol.asyncIterator]().return?.();
  expect(() => watch[Symbol.asyncIterator]()).toThrow(/Expected to be iterated once/);
});

test("one name: the watch sees that object only", async () => {
  const a = await create(draft("a"));
  await create(draft("a-b"));
  const seen = gather({ name: "a" });
  await time.settle();
  await create(draft("b"));
  await client.delete(a);
  await time.settle();
  expect(seen.take()).toStrictEqual(["added a", "synced", "deleted a"]);
});
