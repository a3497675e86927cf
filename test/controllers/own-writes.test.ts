import { defineController, owns } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import { createResourceClient } from "keelson/resources";
import type { StateStore, WatchBatch } from "keelson/store";
import { CompactedError } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { expect, test } from "vitest";
import { ResourceCache } from "../../src/controllers/resource-cache.js";
import { settled } from "../support/settled.js";
import { delayedStore } from "./delayed-store.js";
import { Child, Parent, runWorld } from "./world.js";

/** A controller that wants two children, and when it looked how many it saw. */
function wantingTwo() {
  const seen: string[] = [];
  const controller = defineController({
    for: Parent,
    triggers: [owns(Child)],
    concurrency: 1,
    async reconcile(parent, { client, owned, cache }) {
      const runtime = currentRuntime();
      const count = owned(Child).length;
      seen.push(`${parent.metadata.name} at ${String(runtime.now())}: ${String(count)}`);
      expect(cache.list(Child).length).toBeGreaterThanOrEqual(count);
      if (count >= 2) return;
      const name = runtime.id("child").replace("_", "-");
      await client.create(Child, { metadata: { name }, spec: { of: "" } }, { owner: parent });
    },
  });
  return { controller, seen };
}

test("a key whose cache does not catch up is read live after 30 s, and never staler than its own writes", async () => {
  const { controller, seen } = wantingTwo();
  await using world = await runWorld([controller], {
    wrap: (store) => delayedStore(store, () => 3_600_000),
    before: (client) => client.create(Parent, { metadata: { name: "p" }, spec: { size: 2 } }),
  });
  for (const ms of [30_000, 30_000]) {
    world.manager.enqueue("parent", { name: "p" });
    await world.time.advance(ms);
  }
  expect(seen).toEqual(["p at 0: 0", "p at 30000: 1", "p at 60000: 2"]);
  expect(world.logs.filter(({ level }) => level === "warn")).toHaveLength(2);
  expect((await world.client.list(Child)).items).toHaveLength(2);
});

test("a key that waits for its own writes holds no worker and no other key", async () => {
  const { controller, seen } = wantingTwo();
  await using world = await runWorld([controller], {
    wrap: (store) => delayedStore(store, () => 5000),
    before: async (client) => {
      for (const name of ["a", "b"]) await client.create(Parent, { metadata: { name }, spec: { size: 2 } });
    },
  });
  world.manager.enqueue("parent", { name: "a" });
  await world.time.advance(100);
  expect(seen).toEqual(["a at 0: 0", "b at 0: 0"]);
  world.manager.enqueue("parent", { name: "a" });
  await world.time.advance("1m");
  expect(seen.slice(2)).toEqual(["a at 5000: 1", "b at 5000: 1", "a at 10000: 2", "b at 10000: 2"]);
});

test("stopping does not wait for caches that are behind", async () => {
  const { controller, seen } = wantingTwo();
  await using world = await runWorld([controller], {
    wrap: (store) => delayedStore(store, () => 3_600_000),
    before: (client) => client.create(Parent, { metadata: { name: "a" }, spec: { size: 2 } }),
  });
  world.manager.enqueue("parent", { name: "a" });
  await world.time.settle();
  expect(seen).toHaveLength(1);
  world.stop();
  await world.time.settle();
  expect(await settled(world.running)).toBe(true);
});

test("a relist, which goes by name, does not count as having reached a revision before its end", async () => {
  using time = virtualTime();
  const inner = memoryStore();
  const client = createResourceClient(inner);
  let breakWatch: ((error: unknown) => void) | undefined;
  const breaking: StateStore = {
    ...delayedStore(inner, () => 0),
    watch: (range, options) => (breakWatch === undefined ? broken() : inner.watch(range, options)),
  };
  const broken = async function* (): AsyncGenerator<WatchBatch> {
    await new Promise((_, reject) => (breakWatch = reject));
    yield* [];
  };
  const cache = new ResourceCache({ kind: Child }, time.runtime);
  const stop = new AbortController();
  const running = cache.run(createResourceClient(breaking), stop.signal);
  await cache.reached(0);
  await client.create(Child, { metadata: { name: "b" }, spec: { of: "" } });
  const last = await client.create(Child, { metadata: { name: "a" }, spec: { of: "" } });
  const seen: (readonly [name: string, isBehind: boolean])[] = [];
  cache.listen((event) => {
    if (event.type === "added") {
      seen.push([event.resource.metadata.name, cache.revision < Number(last.metadata.resourceVersion)]);
    }
  });
  breakWatch?.(new CompactedError(1));
  await cache.reached(Number(last.metadata.resourceVersion));
  expect(seen).toEqual([
    ["a", true],
    ["b", true],
  ]);
  stop.abort();
  await running.catch(() => undefined);
});
