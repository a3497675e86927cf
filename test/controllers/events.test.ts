import { ObjectEvent, defineController } from "keelson/controllers";
import { findCondition } from "keelson/resources";
import { observe } from "keelson/telemetry";
import { expect, test } from "vitest";
import { EventCorrelator } from "../../src/controllers/event-correlator.js";
import { Parent, type World, runWorld } from "./world.js";

const create = ({ client }: World, name = "p") => client.create(Parent, { metadata: { name }, spec: { size: 1 } });

/** The events there are, as `reason ×count: message`. */
async function events({ client, time }: World): Promise<readonly string[]> {
  await time.settle();
  const { items } = await client.list(ObjectEvent);
  return items.map(({ spec }) => `${spec.type} ${spec.reason} ×${String(spec.count)}: ${spec.message}`).sort();
}

test("ctx.event: the same event is one object that counts, and goes after an hour", async () => {
  const controller = defineController({
    for: Parent,
    reconcile(parent, { event }) {
      event("Normal", "Looked", `at ${parent.metadata.name}`);
      event("Warning", "Small", "it is too small");
      event("Warning", "Small", "it is too small");
      return undefined;
    },
  });
  await using world = await runWorld([controller]);
  await create(world);
  expect(await events(world)).toEqual(["Normal Looked ×1: at p", "Warning Small ×2: it is too small"]);
  await world.time.advance("30m");
  world.manager.enqueue("parent", { name: "p" });
  expect(await events(world)).toEqual(["Normal Looked ×2: at p", "Warning Small ×4: it is too small"]);
  const [first] = (await world.client.list(ObjectEvent, { fields: { reason: "Small" } })).items;
  expect(first?.spec).toMatchObject({
    regarding: { kind: "Parent", name: "p", namespace: "default" },
    source: "parent",
    firstTime: "2030-01-01T00:00:00.000Z",
    lastTime: "2030-01-01T00:30:00.000Z",
  });
  await world.time.advance("50m");
  expect(await events(world)).toHaveLength(2);
  await world.time.advance("30m");
  expect(await events(world)).toEqual([]);
  // What it recorded woke nobody, and no key waited for it.
  expect(world.manager.controllerCounts()["parent"]?.ended).toBe(2);
});

test("many similar events are combined, and too many are dropped", () => {
  const resource = {
    kind: "Parent",
    metadata: {
      ...{ name: "p", uid: "u", generation: 1, resourceVersion: "1", creationTimestamp: "" },
      ...{ labels: {}, annotations: {}, ownerReferences: [], finalizers: [] },
    },
    spec: {},
  };
  const correlator = new EventCorrelator();
  const say = (message: string, now: number, reason = "Failed") =>
    correlator.message({ resource, source: "parent", type: "Warning", reason, message }, now);
  const messages = Array.from({ length: 12 }, (_, n) => say(`no ${n}`, n));
  expect(messages.slice(0, 10)).toEqual(Array.from({ length: 10 }, (_, n) => `no ${n}`));
  expect(messages.slice(10)).toEqual(["(combined from similar events)", "(combined from similar events)"]);
  expect(say("no 3", 13)).toBe("no 3");
  // Others of the object have 25 in all; one more comes every five minutes.
  const others = Array.from({ length: 20 }, (_, n) => say("same", 20, `R${n % 2}`));
  expect(others.filter((message) => message !== undefined)).toHaveLength(12);
  expect([say("later", 300_001, "R2"), say("later", 300_002, "R2")]).toEqual(["later", undefined]);
  // After ten minutes it begins anew.
  expect(say("no 99", 700_000)).toBe("no 99");
});

test("ctx.condition: of now and of this generation; its time moves with its status only", async () => {
  const controller = defineController({
    for: Parent,
    async reconcile(parent, { client, condition }) {
      const status = parent.spec.size > 1 ? "True" : "False";
      const ready = condition({ type: "Ready", status, reason: "Sized", message: `size ${parent.spec.size}` });
      await client.patchStatus(parent, { conditions: [ready] } as object);
    },
  });
  await using world = await runWorld([controller]);
  const ready = async () =>
    findCondition(
      ((await world.client.get(Parent, "p"))?.status as { conditions?: [] } | undefined)?.conditions,
      "Ready",
    );
  const parent = await create(world);
  await world.time.advance("1m");
  const first = await ready();
  expect(first).toMatchObject({
    status: "False",
    observedGeneration: 1,
    lastTransitionTime: "2030-01-01T00:00:00.000Z",
  });
  await world.client.update(parent, ({ spec }) => void (spec.size = 0));
  await world.time.advance("1m");
  expect(await ready()).toMatchObject({ observedGeneration: 2, lastTransitionTime: first?.lastTransitionTime });
  await world.client.update(parent, ({ spec }) => void (spec.size = 5));
  await world.time.advance("1m");
  expect(await ready()).toMatchObject({ status: "True", lastTransitionTime: "2030-01-01T00:02:00.000Z" });
});

test("a key that keeps waking itself is told of, once", async () => {
  const told: unknown[] = [];
  using _ = observe({ "keelson:reconcile:hot": (event) => told.push(event) });
  let runs = 0;
  const controller = defineController({
    for: Parent,
    async reconcile(parent, { client }) {
      runs += 1;
      if (runs < 2000) await client.patchStatus(parent, { seen: runs });
    },
  });
  await using world = await runWorld([controller]);
  await create(world);
  await world.time.settle();
  expect(told).toEqual([{ controller: "parent", key: "default/p", runs: 501, windowMs: 10_000 }]);
  expect(world.logs).toMatchObject([{ level: "warn", message: "hot loop: each run wakes the key again" }]);
});

test("a key that asks to be looked at again without a pause is told of, and one that pauses is not", async () => {
  const told: unknown[] = [];
  using _ = observe({ "keelson:reconcile:hot": (event) => told.push(event) });
  const polling = (requeueAfter: number) => [defineController({ for: Parent, reconcile: () => ({ requeueAfter }) })];
  {
    await using world = await runWorld(polling(20));
    await create(world);
    await world.time.advance("30s");
    expect(told).toEqual([]);
  }
  await using world = await runWorld(polling(10));
  await create(world);
  await world.time.advance("6s");
  expect(told).toEqual([{ controller: "parent", key: "default/p", runs: 501, windowMs: 10_000 }]);
});

test("queues, runs and gates tell what happens, with the reason", async () => {
  const told: string[] = [];
  using _ = observe({
    "keelson:workqueue:add": ({ key, depth }) => told.push(`add ${key} ${depth}`),
    "keelson:workqueue:get": ({ durationMs }) => told.push(`get after ${durationMs}`),
    "keelson:workqueue:done": ({ durationMs }) => told.push(`done after ${durationMs}`),
    "keelson:workqueue:retry": ({ durationMs }) => told.push(`retry in ${durationMs}`),
    "keelson:reconcile:start": ({ reason, attempt }) => told.push(`start: ${reason}, ${attempt}`),
    "keelson:reconcile": ({ result, durationMs }) => told.push(`${result} after ${durationMs}`),
    "keelson:reconcile:stale": ({ kinds, outcome }) => told.push(`stale ${kinds.join()}: ${outcome}`),
  });
  let runs = 0;
  const controller = defineController({
    for: Parent,
    concurrency: 1,
    backoff: { jitter: 0 },
    async reconcile(_parent, { now }) {
      runs += 1;
      await world.time.runtime.sleep(5);
      if (runs === 1) throw new Error(`not at ${now()}`);
      return { requeueAfter: "1h" };
    },
  });
  await using world: World = await runWorld([controller]);
  await create(world);
  await world.time.advance("1s");
  expect(told).toEqual([
    ...["add default/p 1", "get after 0", "start: Parent added, 0"],
    ...["add default/p 0", "retry in 100", "error after 5", "done after 5"],
    ...["get after 0", "start: retry, 1", "add default/p 0", "requeue_after after 5", "done after 5"],
  ]);
});
