import { type ReconcileEvent, type Runnable, createManager, defineController, owns } from "keelson/controllers";
import { defineKind } from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { observe } from "keelson/telemetry";
import { virtualTime } from "keelson/testing";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";
import { settled } from "../support/settled.js";
import { delayedStore } from "./delayed-store.js";
import { Child, Parent, runWorld } from "./world.js";

const parent = (name: string) => [Parent, { metadata: { name }, spec: { size: 1 } }] as const;

/** A controller that writes down whom it looked at, and when. */
function looking(kind = Parent) {
  const seen: string[] = [];
  const controller = defineController({
    for: kind,
    triggers: [owns(Child)],
    reconcile({ metadata }, { now }) {
      seen.push(`${metadata.name} at ${String(now() - Date.UTC(2030, 0, 1))}`);
      return undefined;
    },
  });
  return { controller, seen };
}

describe("a start", () => {
  test("waits until every cache has its initial list", async () => {
    const { controller, seen } = looking();
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const lateList = (store: StateStore): StateStore => ({
      ...delayedStore(store, () => 0),
      async range(range, options) {
        if (JSON.stringify(range).includes("Child")) await held;
        return store.range(range, options);
      },
    });
    let started = 0;
    await using world = await runWorld([controller], {
      wrap: lateList,
      before: (client) => client.create(...parent("p")),
    });
    using _ = world.manager.events.on("started", () => {
      started += 1;
    });
    await world.time.advance(5000);
    expect([seen, started]).toEqual([[], 0]);
    release();
    await world.time.settle();
    expect([seen, started]).toEqual([["p at 5000"], 1]);
  });

  test("looks at what was there after what comes in", async () => {
    const seen: string[] = [];
    let release: () => void = () => undefined;
    const controller = defineController({
      for: Parent,
      concurrency: 1,
      async reconcile({ metadata }) {
        seen.push(metadata.name);
        if (seen.length === 1) await new Promise<void>((resolve) => (release = resolve));
      },
    });
    await using world = await runWorld([controller], {
      before: async (client) => {
        for (const name of ["a", "b", "c"]) await client.create(...parent(name));
      },
    });
    await world.client.create(...parent("new"));
    await world.time.settle();
    release();
    await world.time.settle();
    expect(seen).toEqual(["a", "new", "b", "c"]);
  });

  test("runs runnables afterwards; one that ends does not end the manager", async () => {
    const { controller, seen } = looking();
    const runnable: Runnable = {
      name: "once",
      run: () => {
        seen.push("runnable");
        return Promise.resolve();
      },
    };
    await using world = await runWorld([controller], {
      runnables: [runnable],
      before: (client) => client.create(...parent("p")),
    });
    expect(seen).toEqual(["p at 0", "runnable"]);
    expect(await settled(world.running)).toBe(false);
  });
});

describe("a stop", () => {
  test("lets running reconciles and runnables end first, and takes nothing new", async () => {
    const steps: string[] = [];
    let finish: () => void = () => undefined;
    const controller = defineController({
      for: Parent,
      async reconcile({ metadata }, { signal }) {
        steps.push(metadata.name);
        await new Promise<void>((resolve) => (finish = resolve));
        steps.push(`${metadata.name} ended, ${String(signal.reason)}`);
      },
    });
    const runnable: Runnable = {
      name: "waiting",
      run: (signal) =>
        new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            steps.push("runnable ended");
            resolve();
          });
        }),
    };
    await using world = await runWorld([controller], { runnables: [runnable] });
    world.manager.events.on("stopped", () => steps.push("stopped"));
    await world.client.create(...parent("p"));
    await world.time.settle();
    world.stop("enough");
    await world.client.create(...parent("q"));
    await world.time.advance("10s");
    expect(await settled(world.running)).toBe(false);
    finish();
    expect(await outcome(world.running)).toBeUndefined();
    expect(steps).toEqual(["p", "runnable ended", "p ended, enough", "stopped"]);
    expect(world.logs).toEqual([]);
  });

  test("leaves behind what does not end within the grace", async () => {
    const controller = defineController({ for: Parent, reconcile: () => new Promise<undefined>(() => undefined) });
    await using world = await runWorld([controller], { grace: "5s" });
    await world.client.create(...parent("p"));
    await world.time.settle();
    world.stop();
    await world.time.advance(4999);
    expect(await settled(world.running)).toBe(false);
    await world.time.advance(1);
    expect(await settled(world.running)).toBe(true);
    expect(world.logs).toMatchObject([{ level: "error" }]);
  });

  test("before the start is one, too", async () => {
    using time = virtualTime();
    const { controller, seen } = looking();
    const manager = createManager({ store: memoryStore(), controllers: [controller] });
    await manager.client.create(...parent("p"));
    await manager.run(AbortSignal.abort());
    await time.settle();
    expect([seen, time.failures]).toEqual([[], []]);
  });

  test("is no error for reconciles that heed their signal", async () => {
    const controller = defineController({
      for: Parent,
      reconcile: (_parent, { signal }) =>
        new Promise<undefined>((_, reject) => {
          signal.addEventListener("abort", () => {
            reject(signal.reason as Error);
          });
        }),
    });
    await using world = await runWorld([controller]);
    await world.client.create(...parent("p"));
    await world.time.settle();
    world.stop();
    await world.running;
    expect(world.logs).toEqual([]);
  });
});

describe("a failure", () => {
  test.each([
    ["rejects", () => Promise.reject(new Error("out of order"))],
    [
      "throws",
      () => {
        throw new Error("out of order");
      },
    ],
  ])("of a runnable that %s stops the manager", async (_name, run) => {
    using time = virtualTime();
    const { controller } = looking();
    const manager = createManager({ store: memoryStore(), controllers: [controller], runnables: [{ name: "r", run }] });
    const running = outcome(manager.run(new AbortController().signal));
    await time.settle();
    expect(await running).toEqual(new Error("out of order"));
    await time.runUntilIdle();
  });

  test("of a watch stops the manager", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const manager = createManager({ store, controllers: [looking().controller] });
    const running = outcome(manager.run(new AbortController().signal));
    await time.settle();
    await store.close();
    expect(await running).toMatchObject({ code: "STORE_CLOSED" });
  });
});

describe("what is not allowed", () => {
  const store = memoryStore();

  test("is two controllers of one name, or two kinds", () => {
    const twin = defineController({ for: defineKind()("Parent"), name: "twin", reconcile: () => undefined });
    const controllers = [looking().controller];
    expect(() => createManager({ store, controllers: [...controllers, ...controllers] })).toThrow(
      new TypeError('Expected controllers of different names, got two named "parent"'),
    );
    expect(() => createManager({ store, controllers: [...controllers, twin] })).toThrow(TypeError);
  });

  test("is a duration that is none", () => {
    expect(() => createManager({ store, controllers: [], grace: -1 })).toThrow(TypeError);
    expect(() => createManager({ controllers: [] } as never)).toThrow("Expected `store` to be an object");
    expect(() => defineController({} as never)).toThrow("Expected `for` to be an object");
  });

  test("is to run twice, or to enqueue for a controller that does not run", async () => {
    const manager = createManager({ store, controllers: [looking().controller] });
    expect(() => {
      manager.enqueue("parent", { name: "p" });
    }).toThrow(new TypeError('Expected `controller` to be one that runs here, got "parent"'));
    expect(manager.queueDepths()).toEqual({});
    await manager.run(AbortSignal.abort());
    expect(await outcome(manager.run(AbortSignal.abort()))).toBeInstanceOf(TypeError);
  });
});

test("counts, caches and keelson:reconcile tell how it gets on", async () => {
  const failure = new Error("not yet");
  const controller = defineController({
    name: "sizes",
    for: Parent,
    reconcile: (_parent, { attempt }) => {
      if (attempt === 0) throw failure;
      return { requeueAfter: "1h" };
    },
  });
  const seen: ReconcileEvent[] = [];
  using _listening = observe({ "keelson:reconcile": (event) => seen.push(event) });
  await using world = await runWorld([controller], { before: (client) => client.create(...parent("p")) });
  await world.time.settle();
  const counts = { ready: 0, delayed: 1, running: 0, ended: 1, failed: 1 };
  expect([world.manager.controllerCounts(), world.manager.cachesSynced()]).toEqual([
    { sizes: counts },
    { Parent: true },
  ]);
  await world.time.advance("10s");
  expect(world.manager.controllerCounts()).toEqual({ sizes: { ...counts, ended: 2 } });
  const shown = seen.map(({ controller: name, attempt, outcome: how, error }) => [name, attempt, how, error]);
  expect(shown).toEqual([
    ["sizes", 0, "failed", failure],
    ["sizes", 1, "ok", undefined],
  ]);
  expect(seen.map(({ requeueMs }) => requeueMs)).toEqual([expect.any(Number), 3_600_000]);
  expect(seen.every((event) => event.key === "default/p" && event.durationMs >= 0)).toBe(true);
});
