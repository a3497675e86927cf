import { describe, expect, it } from "vitest";
import { Instance, Node, bindingController, daemonLabel, drainController } from "keelson/reconcilers";
import { findCondition } from "keelson/resources";
import { type Scheduler, SimpleScheduler } from "keelson/scheduler";
import { type Harness, createHarness } from "keelson/testing";
import { addNode } from "./stand-in.js";

async function instance({ client }: Harness, name: string, spec: object = {}): Promise<Instance> {
  return await client.create(Instance, {
    metadata: { name },
    spec: { command: ["x"], resources: { cpu: 100 }, ...spec },
  });
}

async function nodeNames({ client }: Harness): Promise<(string | undefined)[]> {
  return (await client.list(Instance)).items.map(({ spec }) => spec.nodeName);
}

async function scheduled({ client }: Harness, name: string): Promise<unknown> {
  return findCondition((await client.get(Instance, name))?.status?.conditions, "Scheduled");
}

describe("bindingController", () => {
  it("R11.1 refuses a plan whose node has changed since, whole, and plans anew", async () => {
    let plans = 0;
    const simple = new SimpleScheduler();
    const meddling = { act: (): void => undefined };
    const scheduler: Scheduler = {
      schedule(request, nodes) {
        plans += 1;
        meddling.act();
        return simple.schedule(request, nodes);
      },
    };
    await using t = await createHarness({ controllers: () => [bindingController({ scheduler })] });
    const node = await addNode(t.client, "a");
    await t.settle();
    // The node is cordoned between the plan and the binding.
    let cordoned: Promise<unknown> | undefined;
    meddling.act = () => {
      cordoned ??= t.client.update(node, ({ spec }) => void (spec.unschedulable = true));
    };
    await instance(t, "x");
    await t.advance("5s");
    await cordoned;
    expect(await nodeNames(t)).toEqual([undefined]);
    expect(plans).toBeGreaterThan(1);
    await t.client.update(node, ({ spec }) => void (spec.unschedulable = false));
    await t.advance("1s");
    expect(await nodeNames(t)).toEqual(["a"]);
  });

  it("R11.1 binds each instance once: one that somebody has bound stays where it is", async () => {
    await using t = await createHarness({ controllers: () => [bindingController()] });
    await addNode(t.client, "a");
    await addNode(t.client, "b");
    const bound = new Map<string, Set<string>>();
    t.observe(Instance, (all) => {
      for (const { metadata, spec } of all) {
        if (spec.nodeName !== undefined)
          bound.set(metadata.name, (bound.get(metadata.name) ?? new Set()).add(spec.nodeName));
      }
    });
    for (let index = 0; index < 10; index += 1) await instance(t, `i-${String(index)}`);
    t.faults.crashAfterWrite("binding", 3, { every: true });
    await t.advance("1m");
    expect(bound.size).toBe(10);
    for (const nodes of bound.values()) expect(nodes.size).toBe(1);
  });

  it("R11.2 says why, and tries again on what the decision waits for; else after 1 s, doubling to 10", async () => {
    const tries: number[] = [];
    let waitsFor: readonly ("node-added" | "node-changed" | "instance-removed")[] = [];
    await using t = await createHarness({
      controllers: () => [
        bindingController({
          scheduler: {
            schedule() {
              tries.push(t.runtime.now());
              return [{ kind: "unschedulable", instance: "x", reasons: {}, message: "0/1: no", retryOn: waitsFor }];
            },
          },
        }),
      ],
    });
    const node = await addNode(t.client, "a");
    await t.settle();
    await instance(t, "x");
    await t.advance("40s");
    expect(await scheduled(t, "x")).toMatchObject({ status: "False", reason: "Unschedulable", message: "0/1: no" });
    const starts = [...new Set(tries.map((at) => Math.round(at / 1_000)))];
    expect(starts.slice(0, 7).map((at, index, all) => at - (all[index - 1] ?? at))).toEqual([0, 1, 2, 4, 8, 10, 10]);
    const after = async (happens: () => Promise<unknown>): Promise<number> => {
      const before = tries.length;
      await happens();
      await t.settle();
      return tries.length - before;
    };
    const label = (value: string) => () =>
      t.client.update(node, ({ metadata }) => void (metadata.labels = { at: value }));
    expect(await after(label("one")), "nothing waits for it").toBe(0);
    waitsFor = ["node-changed"];
    await t.advance("10s");
    expect(await after(label("two"))).toBeGreaterThanOrEqual(1);
    const beat = (): Promise<unknown> => t.client.patchStatus(node, { heartbeatTime: "now" });
    expect(await after(beat), "that a node lives is no news").toBe(0);
  });

  it("R11.4 remembers nothing that matters: what was planned and not bound is planned again", async () => {
    await using t = await createHarness({ controllers: () => [bindingController()] });
    await addNode(t.client, "a", { cpu: 250 });
    for (const name of ["x", "y", "z"]) await instance(t, name);
    t.faults.crashAfterWrite("binding", 1, { every: true });
    await t.advance("1m");
    expect(
      (await nodeNames(t)).filter((name) => name === "a"),
      "never more than fits",
    ).toHaveLength(2);
    t.faults.clear();
    const x = (await t.client.list(Instance)).items.find(({ spec }) => spec.nodeName === "a");
    if (x !== undefined) await t.client.delete(x);
    await t.advance("11s");
    expect(await nodeNames(t)).toEqual(["a", "a"]);
  });
});

describe("drainController", () => {
  const drained = async ({ client }: Harness): Promise<unknown> =>
    findCondition((await client.get(Node, "a"))?.status?.conditions, "Drained");

  it("R7.5 asks again what is blocked, with back-off, names it, and gives up in time; daemons stay", async () => {
    const asked: number[] = [];
    const blocked = new Set(["x"]);
    await using t = await createHarness({
      controllers: () => [
        drainController({
          evict: async (each, { client }) => {
            if (blocked.has(each.metadata.name)) {
              asked.push(Math.round(t.runtime.now() / 1_000));
              return { kind: "blocked", by: "a budget" };
            }
            await client.delete(each);
            return { kind: "evicted" };
          },
        }),
      ],
    });
    const node = await addNode(t.client, "a", { spec: { drainTimeoutSeconds: 60 } });
    for (const name of ["x", "y"]) await instance(t, name, { nodeName: "a" });
    await t.client.create(Instance, {
      metadata: { name: "daemon", labels: { [daemonLabel]: "true" } },
      spec: { command: ["x"], nodeName: "a" },
    });
    await t.client.update(node, ({ spec }) => void (spec.drain = true));
    await t.advance("40s");
    expect(await drained(t)).toMatchObject({
      status: "False",
      reason: "Blocked",
      message: "instances left: 1; blocked: x (a budget)",
    });
    const times = [...new Set(asked)];
    expect(times.slice(-2).map((at, index, all) => at - (all[index - 1] ?? at))[1], "ten seconds apart at last").toBe(
      10,
    );
    await t.advance("30s");
    expect(await drained(t)).toMatchObject({ status: "False", reason: "TimedOut" });
    const given = asked.length;
    await t.advance("10m");
    expect(asked.length, "it has given up").toBe(given);
    blocked.clear();
    const latest = await t.client.get(Node, "a");
    if (latest !== undefined) await t.client.update(latest, ({ spec }) => void (spec.drain = false));
    await t.advance("1s");
    if (latest !== undefined) await t.client.update(latest, ({ spec }) => void (spec.drain = true));
    await t.advance("1s");
    expect(await drained(t)).toMatchObject({ status: "True", reason: "Empty" });
    expect((await t.client.list(Instance)).items.map(({ metadata }) => metadata.name)).toEqual(["daemon"]);
  });

  it("R7.5 goes on where it was after a crash, and asks nobody twice that is going", async () => {
    await using t = await createHarness({ controllers: () => [drainController()] });
    const node = await addNode(t.client, "a");
    for (const name of ["x", "y", "z"]) {
      const made = await instance(t, name, { nodeName: "a" });
      await t.client.update(made, ({ metadata }) => void metadata.finalizers.push("x.dev/hold"));
    }
    t.faults.crashAfterWrite("drain", 1, { every: true });
    await t.client.update(node, ({ spec }) => void (spec.drain = true));
    await t.advance("1m");
    const writes = t.writes("drain");
    await t.advance("10m");
    expect(t.writes("drain")).toBe(writes);
    for (const each of (await t.client.list(Instance)).items) {
      expect(each.metadata.deletionTimestamp).toBeDefined();
      await t.client.update(each, ({ metadata }) => void (metadata.finalizers = []));
    }
    await t.advance("1s");
    expect(await drained(t)).toMatchObject({ status: "True" });
  });
});
