import { describe, expect, it } from "vitest";
import type { Controller } from "keelson/controllers";
import {
  Instance,
  type InstanceToleration,
  Node,
  agentFinalizer,
  drainController,
  instanceCollector,
  nodeLifecycleController,
  notReadyTaint,
  taintEvictionController,
  unreachableTaint,
  zoneLabel,
} from "keelson/reconcilers";
import { type Condition, type ResourceClient, findCondition, setCondition } from "keelson/resources";
import { type Harness, createHarness } from "keelson/testing";
import { evictionRate } from "../../src/reconcilers/zones.js";
import { addNode, beat } from "./stand-in.js";

const lifecycle = (): readonly Controller[] => [nodeLifecycleController()];

async function nodeOf({ client }: Harness, name = "a"): Promise<Node> {
  const node = await client.get(Node, name);
  if (node === undefined) throw new Error(`there is no node ${name}`);
  return node;
}

async function readyOf(t: Harness, name = "a"): Promise<Partial<Condition>> {
  return findCondition((await nodeOf(t, name)).status?.conditions, "Ready") ?? {};
}

async function taintsOf(t: Harness, name = "a"): Promise<string[]> {
  return (await nodeOf(t, name)).spec.taints.map(({ key, effect }) => `${key}:${effect}`);
}

async function say(t: Harness, status: "True" | "False", name = "a"): Promise<void> {
  const verdict = { type: "Ready", status, reason: "Agent", message: "" } as const;
  const conditions = setCondition([], verdict, new Date(t.runtime.wallNow()));
  await t.client.patchStatus(await nodeOf(t, name), { conditions });
}

async function on(
  client: ResourceClient,
  node: string,
  name: string,
  tolerations: readonly InstanceToleration[] = [],
): Promise<Instance> {
  return await client.create(Instance, { metadata: { name }, spec: { command: ["x"], nodeName: node, tolerations } });
}

async function names({ client }: Harness): Promise<string[]> {
  const { items } = await client.list(Instance);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

/** Lets time pass in which some nodes are heard of and the others are not. */
async function beating(t: Harness, nodes: readonly string[], seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second += 10) {
    for (const node of nodes) await beat(t.client, node);
    await t.advance("10s");
  }
}

describe("nodeLifecycleController", () => {
  it("R5.1 counts silence from when it saw the last sign, whatever the time written there", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    await addNode(t.client, "a");
    await addNode(t.client, "b");
    await beating(t, ["a", "b"], 20); // the times written are of 1970
    await t.advance("29s");
    expect(await readyOf(t)).toMatchObject({ status: "True" });
    await beat(t.client, "a");
    await t.advance("39s");
    expect(await readyOf(t, "b")).toMatchObject({ status: "Unknown", reason: "NodeStatusUnknown" });
    expect(await readyOf(t)).toMatchObject({ status: "True" });
    await t.advance("1s");
    expect(await readyOf(t)).toMatchObject({ status: "Unknown" });
  });

  it("R5.1 takes a new status for a sign of life, too", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    await addNode(t.client, "a");
    for (let beatNumber = 0; beatNumber < 10; beatNumber += 1) {
      await t.client.patchStatus(await nodeOf(t), { heartbeatTime: `beat ${String(beatNumber)}` });
      await t.advance("30s");
    }
    expect(await readyOf(t)).toMatchObject({ status: "True" });
  });

  it("R5.1 gives every node its grace anew when it starts", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    await addNode(t.client, "a");
    await beat(t.client, "a");
    await t.advance("39s");
    t.crash("node-lifecycle");
    await t.advance("39s");
    expect(await readyOf(t)).toMatchObject({ status: "True" });
    await t.advance("1s");
    expect(await readyOf(t)).toMatchObject({ status: "Unknown" });
  });

  it("R5.2 says of one that was never heard of that it never was, after a minute; and leaves other conditions", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    const node = await t.client.create(Node, { metadata: { name: "a" }, spec: {} });
    const drained = { type: "Drained", status: "False", reason: "NotWanted", message: "" } as const;
    await t.client.patchStatus(node, { conditions: setCondition([], drained, new Date(0)) });
    await t.advance("59s");
    expect(await readyOf(t)).toEqual({});
    await t.advance("1s");
    expect(await readyOf(t)).toMatchObject({ status: "Unknown", reason: "NodeStatusNeverUpdated" });
    expect(findCondition((await nodeOf(t)).status?.conditions, "Drained")).toMatchObject(drained);
  });

  it("R5.3 taints what is not ready, exchanges the taints in one write, and takes them off", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    for (const name of ["a", "b", "c"])
      await addNode(t.client, name, { spec: { taints: [{ key: "mine", effect: "NoSchedule" }] } });
    const seen: string[] = [];
    t.observe(Node, (nodes) => {
      const { taints = [] } = nodes.find(({ metadata }) => metadata.name === "a")?.spec ?? {};
      const text = taints.map(({ key, effect }) => `${key}:${effect}`).join();
      if (seen.at(-1) !== text) seen.push(text);
    });
    await beating(t, ["a", "b", "c"], 10);
    await say(t, "False");
    await beating(t, ["a", "b", "c"], 20);
    expect(await taintsOf(t)).toEqual(["mine:NoSchedule", `${notReadyTaint}:NoSchedule`, `${notReadyTaint}:NoExecute`]);
    await beating(t, ["b", "c"], 60);
    expect(await taintsOf(t)).toEqual([
      "mine:NoSchedule",
      `${unreachableTaint}:NoSchedule`,
      `${unreachableTaint}:NoExecute`,
    ]);
    await beat(t.client, "a");
    await say(t, "True");
    await t.advance("1s");
    expect(await taintsOf(t)).toEqual(["mine:NoSchedule"]);
    expect(
      seen.filter((text) => text === "mine:NoSchedule"),
      "never without ours in between",
    ).toHaveLength(2);
  });

  it("says that the instances of a silent node are unknown", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    await addNode(t.client, "a");
    const instance = await on(t.client, "a", "x");
    const ready = { type: "Ready", status: "True", reason: "Running", message: "" } as const;
    await t.client.patchStatus(instance, { phase: "Running", conditions: setCondition([], ready, new Date(0)) });
    await t.advance("2m");
    const found = await t.client.get(Instance, "x");
    expect(findCondition(found?.status?.conditions, "Ready")).toMatchObject({
      status: "Unknown",
      reason: "NodeUnknown",
    });
  });

  it("R5.5 gives up one node in ten seconds while a zone is well", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    const all = Array.from({ length: 10 }, (_, index) => `n${String(index)}`);
    for (const name of all) await addNode(t.client, name);
    await beating(t, all, 10);
    for (const name of ["n0", "n1", "n2"]) await say(t, "False", name);
    const counts: number[] = [];
    for (let step = 0; step < 4; step += 1) {
      if (step > 0) await beating(t, all, 10);
      await t.settle();
      const taints = await Promise.all(all.map((name) => taintsOf(t, name)));
      counts.push(taints.filter((of) => of.includes(`${notReadyTaint}:NoExecute`)).length);
    }
    expect(counts).toEqual([1, 2, 3, 3]);
  });

  it("R5.5 gives up nothing in a small zone of which most is down, and goes on elsewhere", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    for (const zone of ["x", "y"]) {
      for (const index of [0, 1, 2, 3])
        await addNode(t.client, `${zone}${String(index)}`, { labels: { [zoneLabel]: zone } });
    }
    const all = ["x0", "x1", "x2", "x3", "y0", "y1", "y2", "y3"];
    await beating(t, all, 10);
    for (const name of ["x0", "x1", "x2", "y0"]) await say(t, "False", name);
    await beating(t, all, 60);
    // The first of them went while the zone was well.
    for (const name of ["x1", "x2"]) expect(await taintsOf(t, name)).toEqual([`${notReadyTaint}:NoSchedule`]);
    expect(await taintsOf(t, "y0")).toContain(`${notReadyTaint}:NoExecute`);
  });

  it("R5.5 stops and untaints when everything is down, and gives all of it time when that is over", async () => {
    await using t = await createHarness({ controllers: lifecycle });
    for (const name of ["a", "b"]) await addNode(t.client, name);
    await beating(t, ["a", "b"], 10);
    await beating(t, ["b"], 60);
    expect(await taintsOf(t)).toContain(`${unreachableTaint}:NoExecute`);
    await t.advance("1m");
    for (const name of ["a", "b"]) expect(await taintsOf(t, name)).toEqual([`${unreachableTaint}:NoSchedule`]);
    const over = t.runtime.wallNow();
    await beat(t.client, "b");
    await say(t, "True", "b");
    await t.advance("5s");
    expect(await taintsOf(t, "b")).toEqual([]);
    await beating(t, ["b"], 20);
    // What is still down is given up anew, and its instances have all of their time again.
    const taint = (await nodeOf(t)).spec.taints.find(({ effect }) => effect === "NoExecute");
    expect(Date.parse(taint?.addedAt ?? "")).toBeGreaterThanOrEqual(over);
  });

  it("R5.5 gives up nodes slowly in a large zone of which most is down; three make most, two do not", () => {
    const rates = { normal: 0.1, partial: 0.01 };
    const rate = (total: number, down: number): number =>
      evictionRate(
        { total, down },
        [
          { total, down },
          { total: 5, down: 0 },
        ],
        rates,
      );
    expect([rate(51, 29), rate(50, 28), rate(51, 28)]).toEqual([0.01, 0, 0.1]);
    expect([rate(5, 3), rate(3, 2)]).toEqual([0, 0.1]);
    expect(rate(4, 4), "a zone that is down as a whole, beside one that is not").toBe(0.1);
  });

  it("R5.7 never moves anything off a node that is only cordoned", async () => {
    await using t = await createHarness({
      controllers: () => [...lifecycle(), taintEvictionController(), drainController(), instanceCollector()],
    });
    await addNode(t.client, "a", { spec: { unschedulable: true } });
    await on(t.client, "a", "x");
    await beating(t, ["a"], 600);
    expect(await names(t)).toEqual(["x"]);
  });
});

describe("taintEvictionController", () => {
  async function tainted(taints: Node["spec"]["taints"]): Promise<Harness> {
    const t = await createHarness({ controllers: () => [taintEvictionController()] });
    const node = await addNode(t.client, "a");
    await on(t.client, "a", "none");
    await on(t.client, "a", "minute", [{ key: "gpu", tolerationSeconds: 60 }]);
    await on(t.client, "a", "several", [
      { key: "gpu" },
      { key: "gpu", tolerationSeconds: 90 },
      { tolerationSeconds: 30 },
    ]);
    await on(t.client, "a", "forever", [{ key: "gpu", effect: "NoExecute" }]);
    await t.settle();
    await t.client.update(node, ({ spec }) => void (spec.taints = [...taints]));
    await t.settle();
    return t;
  }

  it("R5.4 deletes at once without a toleration, else after the shortest that matches", async () => {
    await using t = await tainted([{ key: "gpu", effect: "NoExecute" }]);
    expect(await names(t)).toEqual(["forever", "minute", "several"]);
    await t.advance("30s");
    expect(await names(t)).toEqual(["forever", "minute"]);
    await t.advance("30s");
    expect(await names(t)).toEqual(["forever"]);
    await t.advance("1h");
    expect(await names(t)).toEqual(["forever"]);
  });

  it("R5.4 forgets about it when the taint goes, and counts anew when it comes back", async () => {
    await using t = await tainted([{ key: "gpu", effect: "NoExecute" }]);
    await t.advance("20s");
    await t.client.update(await nodeOf(t), ({ spec }) => void (spec.taints = []));
    await t.advance("10m");
    expect(await names(t)).toEqual(["forever", "minute", "several"]);
    await t.client.update(await nodeOf(t), ({ spec }) => void (spec.taints = [{ key: "gpu", effect: "NoExecute" }]));
    await t.advance("29s");
    expect(await names(t)).toEqual(["forever", "minute", "several"]);
  });

  it("R5.4 does not extend what was promised by a longer toleration that comes later", async () => {
    await using t = await tainted([{ key: "gpu", effect: "NoExecute" }]);
    const minute = await t.client.get(Instance, "minute");
    if (minute === undefined) throw new Error("it is gone");
    await t.client.update(minute, ({ spec }) => void (spec.tolerations = [{ key: "gpu", tolerationSeconds: 3_600 }]));
    await t.advance("59s");
    expect(await names(t)).toContain("minute");
    await t.advance("1s");
    expect(await names(t)).not.toContain("minute");
  });

  it("R5.4 gives those that say nothing of nodes that are not ready five minutes", async () => {
    await using t = await tainted([{ key: unreachableTaint, effect: "NoExecute" }]);
    await t.advance("299s");
    expect(await names(t)).toContain("none");
    await t.advance("1s");
    expect(await names(t)).toEqual([]);
  });

  it("counts from when the taint was added, also after a restart; and lets NoSchedule be", async () => {
    await using t = await tainted([{ key: "gpu", effect: "NoSchedule" }]);
    await t.advance("1h");
    expect(await names(t)).toHaveLength(4);
    const addedAt = new Date(t.runtime.wallNow()).toISOString();
    await t.client.update(
      await nodeOf(t),
      ({ spec }) => void (spec.taints = [{ key: "gpu", effect: "NoExecute", addedAt }]),
    );
    await t.advance("40s");
    t.crash("taint-eviction");
    await t.advance("20s");
    expect(await names(t)).toEqual(["forever"]);
  });
});

describe("instanceCollector", () => {
  it("R5.6 removes the instances of a node that is gone, after 40 s, in its agent's place", async () => {
    await using t = await createHarness({ controllers: () => [instanceCollector()] });
    const node = await addNode(t.client, "a");
    const held = await on(t.client, "a", "x");
    await t.client.update(held, ({ metadata }) => void metadata.finalizers.push(agentFinalizer));
    await t.advance("10m");
    await t.client.delete(node);
    await t.advance("39s");
    expect(await names(t)).toEqual(["x"]);
    await t.advance("1s");
    expect((await t.client.list(Instance)).items).toEqual([]);
  });

  it("R5.6 keeps them when the node is back in time, or only the cache has lost it", async () => {
    await using t = await createHarness({ controllers: () => [instanceCollector()] });
    const node = await addNode(t.client, "a");
    await on(t.client, "a", "x");
    await t.settle();
    await t.client.delete(node);
    await t.advance("30s");
    // Its cache will not see the node again in time; the store has it.
    t.faults.staleCache("instance-collector", "1m");
    await addNode(t.client, "a");
    await t.advance("10m");
    expect(await names(t)).toEqual(["x"]);
  });
});
