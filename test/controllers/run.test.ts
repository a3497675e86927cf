import { ReconcileTimeoutError, createManager, defineController } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import { memoryStore } from "keelson/store/memory";
import { describe, expect, test } from "vitest";
import { Child, Parent, runWorld } from "./world.js";

const create = (name: string) => [Parent, { metadata: { name }, spec: { size: 1 } }] as const;

test("a reconcile and a cleanup may be plain functions that return nothing", async () => {
  const seen: string[] = [];
  const controller = defineController({
    for: Parent,
    reconcile({ metadata }) {
      seen.push(metadata.name);
    },
    finalize: {
      name: "example.dev/seen",
      cleanup({ metadata }) {
        seen.push(`${metadata.name} gone`);
      },
    },
  });
  await using world = await runWorld([controller]);
  const parent = await world.client.create(...create("p"));
  await world.time.settle();
  await world.client.delete(parent);
  await world.time.settle();
  expect(new Set(seen)).toEqual(new Set(["p", "p gone"]));
});

describe("a reconcile that takes too long", () => {
  test("has its signal aborted, and keeps its key locked until it ends", async () => {
    const signals: AbortSignal[] = [];
    let finish: () => void = () => undefined;
    const controller = defineController({
      for: Parent,
      timeout: "5s",
      backoff: { jitter: 0 },
      async reconcile(_parent, { signal }) {
        signals.push(signal);
        if (signals.length === 1) await new Promise<void>((resolve) => (finish = resolve));
      },
    });
    await using world = await runWorld([controller]);
    await world.client.create(...create("p"));
    await world.time.advance(4999);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await world.time.advance(1);
    expect(signals[0]?.reason).toEqual(new ReconcileTimeoutError("parent default/p", 5000));
    world.manager.enqueue("parent", { name: "p" });
    await world.time.advance("1m");
    expect(signals).toHaveLength(1);
    finish();
    await world.time.settle();
    expect(signals).toHaveLength(2);
    expect(world.logs).toMatchObject([{ level: "warn", fields: { err: { code: "RECONCILE_TIMEOUT" } } }]);
  });

  test("does not keep other keys waiting, as long as there are workers", async () => {
    const seen: string[] = [];
    const controller = defineController({
      for: Parent,
      concurrency: 2,
      async reconcile({ metadata }) {
        seen.push(metadata.name);
        if (metadata.name !== "quick") await new Promise(() => undefined);
      },
    });
    await using world = await runWorld([controller], { grace: 0 });
    for (const name of ["slow", "quick", "slower", "never"]) await world.client.create(...create(name));
    await world.time.settle();
    expect(seen).toEqual(["slow", "quick", "slower"]);
    expect(world.manager.queueDepths()).toEqual({ parent: 1 });
  });
});

test("a reconcile that is always ready does not keep timers waiting", async () => {
  let runs = 0;
  let isRung = false;
  const controller = defineController({
    for: Parent,
    reconcile: () => {
      runs += 1;
      return isRung ? undefined : { requeueAfter: 0 };
    },
  });
  // On the real loop: virtual time would wait for the reconciles to come to rest.
  const manager = createManager({ store: memoryStore(), controllers: [controller] });
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  await manager.client.create(...create("p"));
  await currentRuntime().sleep(1);
  isRung = true;
  stop.abort();
  await running;
  expect(runs).toBeGreaterThan(256);
});

test("a context may be taken apart, reads frozen objects, and only of kinds that the controller names", async () => {
  const seen: unknown[] = [];
  const controller = defineController({
    for: Parent,
    reconcile(parent, { cache, owned, now, key, attempt }) {
      seen.push(cache.get(Parent, { name: "p" }) === parent, cache.list(Parent).length, Object.isFrozen(parent.spec));
      seen.push(now(), key, attempt);
      owned(Child);
      return undefined;
    },
  });
  await using world = await runWorld([controller]);
  await world.client.create(...create("p"));
  await world.time.settle();
  expect(seen).toEqual([true, 1, true, Date.UTC(2030, 0, 1), { namespace: "default", name: "p" }, 0]);
  expect(world.logs).toMatchObject([
    {
      fields: {
        err: new TypeError('Expected `kind` to be one that the controller watches, got "Child"; add it to its `reads`'),
      },
    },
  ]);
});

test("kinds it reads are in its cache", async () => {
  const seen: string[] = [];
  const controller = defineController({
    for: Parent,
    reads: [Child],
    reconcile(_parent, { cache }) {
      seen.push(...cache.list(Child).map(({ metadata }) => metadata.name));
      return undefined;
    },
  });
  await using world = await runWorld([controller], {
    before: async (client) => {
      await client.create(Child, { metadata: { name: "c" }, spec: { of: "" } });
      await client.create(...create("p"));
    },
  });
  expect(seen).toEqual(["c"]);
  expect(world.logs).toEqual([]);
});
