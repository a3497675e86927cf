import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { currentRuntime } from "keelson/core";
import { Instance, Node, Workload, revisionAnnotation } from "keelson/reconcilers";
import { findCondition } from "keelson/resources";
import { type World, createWorld, isActive, isReady, template } from "./world.js";

let world: World;
beforeEach(() => {
  world = createWorld();
});
afterEach(async () => {
  await world.end();
});

function versionsOf(instances: readonly Instance[]): (string | undefined)[] {
  return instances.map(({ spec }) => spec.env?.["VERSION"]);
}

/** The most there were and the fewest that worked, over everything since `from`. */
function extremes(from: number): { most: number; fewest: number } {
  const states = world.history.slice(from);
  return {
    most: Math.max(...states.map((state) => state.filter(isActive).length)),
    fewest: Math.min(...states.map((state) => state.filter(isReady).length)),
  };
}

async function conditionNow(type: string): Promise<{ status?: string; reason?: string }> {
  return findCondition((await world.deployment()).status?.conditions, type) ?? {};
}

describe("a cluster", () => {
  it("R1.1 R1.2 keeps as many instances as are asked for, up and down", async () => {
    await world.addNode("a");
    await world.deploy({ replicas: 3 });
    world.start();
    await world.time.advance("5s");
    expect((await world.instances()).filter(isReady)).toHaveLength(3);
    await world.change((spec) => {
      spec.replicas = 5;
    });
    await world.time.advance("5s");
    expect((await world.instances()).filter(isReady)).toHaveLength(5);
    await world.change((spec) => {
      spec.replicas = 1;
    });
    await world.time.advance("5s");
    expect(await world.instances()).toHaveLength(1);
    expect((await world.deployment()).status).toMatchObject({ replicas: 1, updatedReplicas: 1, availableReplicas: 1 });
  });

  it("R0.1 writes nothing when nothing changed, also after a restart", async () => {
    await world.addNode("a");
    await world.deploy({ replicas: 2 });
    world.start();
    await world.time.advance("5s");
    const before = (await world.client.list(Instance)).resourceVersion;
    await world.stop();
    world.start();
    await world.time.advance("20m");
    expect((await world.client.list(Instance)).resourceVersion).toBe(before);
  });

  it("R2.2 stays within its bounds at every instant of a roll-out", async () => {
    await world.addNode("a", { cpu: 10_000 });
    await world.deploy({ replicas: 6, strategy: { type: "RollingUpdate", maxSurge: 2, maxUnavailable: 1 } });
    world.start();
    await world.time.advance("5s");
    const from = world.history.length - 1;
    await world.change((spec) => {
      spec.template = template("2");
    });
    await world.time.advance("1m");
    expect(versionsOf(await world.instances())).toEqual(new Array(6).fill("2"));
    expect(extremes(from).most).toBeLessThanOrEqual(8);
    expect(extremes(from).fewest).toBeGreaterThanOrEqual(5);
  });

  it("R2.9 R2.2 takes a third version in the middle of a roll-out to its end within the bounds", async () => {
    await world.addNode("a", { cpu: 10_000 });
    await world.deploy({ replicas: 4, strategy: { type: "RollingUpdate", maxSurge: 1, maxUnavailable: 1 } });
    world.start();
    await world.time.advance("5s");
    const from = world.history.length - 1;
    world.behaviour.ready = ({ spec }) => spec.env?.["VERSION"] !== "2";
    await world.change((spec) => {
      spec.template = template("2");
    });
    await world.time.advance("30s");
    expect(versionsOf(await world.instances())).toContain("2");
    await world.change((spec) => {
      spec.template = template("3");
    });
    await world.time.advance("1m");
    expect(versionsOf(await world.instances())).toEqual(new Array(4).fill("3"));
    expect(extremes(from).most).toBeLessThanOrEqual(5);
    expect(extremes(from).fewest).toBeGreaterThanOrEqual(3);
  });

  it("R2.5 R2.6 goes back to an old template by its old Workload, which gets a new highest revision", async () => {
    await world.addNode("a");
    await world.deploy({ replicas: 1 });
    world.start();
    await world.time.advance("5s");
    const [first] = (await world.client.list(Workload)).items;
    await world.change((spec) => {
      spec.template = template("2");
    });
    await world.time.advance("10s");
    await world.change((spec) => {
      spec.template = template("1");
    });
    await world.time.advance("10s");
    const { items } = await world.client.list(Workload);
    expect(items).toHaveLength(2);
    const again = items.find(({ metadata }) => metadata.uid === first?.metadata.uid);
    expect(again?.metadata.annotations[revisionAnnotation]).toBe("3");
    expect(again?.spec.replicas).toBe(1);
  });

  it("R2.7 rolls nothing out while paused, but scales", async () => {
    await world.addNode("a");
    await world.deploy({ replicas: 2 });
    world.start();
    await world.time.advance("5s");
    await world.change((spec) => {
      Object.assign(spec, { paused: true, template: template("2"), replicas: 3 });
    });
    await world.time.advance("20m");
    expect(versionsOf(await world.instances())).toEqual(["1", "1", "1"]);
    expect((await conditionNow("Progressing")).status).not.toBe("False");
    await world.change((spec) => {
      spec.paused = false;
    });
    await world.time.advance("30s");
    expect(versionsOf(await world.instances())).toEqual(["2", "2", "2"]);
  });

  it("R2.7 stops the clock of a roll-out while it is paused", async () => {
    await world.addNode("a");
    world.behaviour.ready = ({ spec }) => spec.env?.["VERSION"] === "1";
    await world.deploy({ replicas: 2, progressDeadlineSeconds: 60 });
    world.start();
    await world.time.advance("5s");
    await world.change((spec) => {
      spec.template = template("2");
    });
    await world.time.advance("30s");
    await world.change((spec) => {
      spec.paused = true;
    });
    await world.time.advance("20m");
    expect(await conditionNow("Progressing")).toMatchObject({ status: "Unknown", reason: "DeploymentPaused" });
    await world.change((spec) => {
      spec.paused = false;
    });
    await world.time.advance("59s");
    expect((await conditionNow("Progressing")).status).toBe("True");
    await world.time.advance("2s");
    expect((await conditionNow("Progressing")).status).toBe("False");
  });

  it("R2.10 Recreate starts nothing new before the last of the old has gone, those that are ending included", async () => {
    await world.addNode("a");
    await world.deploy({ replicas: 2, strategy: { type: "Recreate" } });
    world.start();
    await world.time.advance("5s");
    world.holdEnds(true);
    await world.change((spec) => {
      spec.template = template("2");
    });
    await world.time.advance("1m");
    expect((await world.instances()).filter(isActive)).toEqual([]);
    world.holdEnds(false);
    for (const instance of await world.instances()) {
      await world.client.update(instance, ({ metadata }) => {
        metadata.finalizers = [];
      });
    }
    await world.time.advance("5s");
    expect(versionsOf(await world.instances())).toEqual(["2", "2"]);
    for (const state of world.history) expect(new Set(versionsOf(state)).size).toBeLessThanOrEqual(1);
  });

  it("R2.11 says exactly at the deadline that a roll-out does not progress, and when it does again", async () => {
    await world.addNode("a");
    world.behaviour.ready = () => false;
    await world.deploy({ replicas: 1, progressDeadlineSeconds: 60 });
    world.start();
    await world.time.advance("1s");
    const { progressedAt = "" } = (await world.deployment()).status ?? {};
    await world.time.advance(Date.parse(progressedAt) + 60_000 - 1 - currentRuntime().wallNow());
    expect(await conditionNow("Progressing")).toMatchObject({ status: "True" });
    expect(await conditionNow("Available")).toMatchObject({ status: "False" });
    await world.time.advance(1);
    expect(await conditionNow("Progressing")).toMatchObject({ status: "False", reason: "ProgressDeadlineExceeded" });
    world.behaviour.ready = () => true;
    await world.change((spec) => {
      spec.template = template("2");
    });
    await world.time.advance("30s");
    expect(await conditionNow("Progressing")).toMatchObject({ status: "True", reason: "NewReplicaSetAvailable" });
    expect(await conditionNow("Available")).toMatchObject({ status: "True" });
  });

  it("R2.12 forgets versions beyond the limit, oldest first, once a roll-out is complete", async () => {
    await world.addNode("a");
    const strategy = { type: "RollingUpdate", maxSurge: 0, maxUnavailable: 1 } as const;
    await world.deploy({ replicas: 1, revisionHistoryLimit: 1, strategy });
    world.start();
    for (const version of ["2", "3", "4"]) {
      await world.time.advance("10s");
      await world.change((spec) => {
        spec.template = template(version);
      });
    }
    await world.time.advance("10s");
    const revisions = async (): Promise<(string | undefined)[]> => {
      const { items } = await world.client.list(Workload);
      return items.map(({ metadata }) => metadata.annotations[revisionAnnotation]).sort();
    };
    expect(await revisions()).toEqual(["3", "4"]);
    world.behaviour.ready = ({ spec }) => spec.env?.["VERSION"] !== "5";
    await world.change((spec) => {
      spec.template = template("5");
    });
    await world.time.advance("1m");
    expect(await revisions(), "it may have to go back").toEqual(["3", "4", "5"]);
    await world.change((spec) => {
      spec.template = template("4");
    });
    await world.time.advance("10s");
    expect(await revisions()).toEqual(["5", "6"]);
  });

  it("R11.1 never gives a node more than it has, and binds each instance once", async () => {
    await world.addNode("a", { cpu: 250 });
    await world.addNode("b", { cpu: 250 });
    await world.deploy({ replicas: 6 });
    world.start();
    await world.time.advance("30s");
    const instances = await world.instances();
    for (const name of ["a", "b"]) expect(instances.filter(({ spec }) => spec.nodeName === name)).toHaveLength(2);
    const seen = new Map<string, Set<string>>();
    for (const { metadata, spec } of world.history.flat()) {
      if (spec.nodeName !== undefined) seen.set(metadata.uid, (seen.get(metadata.uid) ?? new Set()).add(spec.nodeName));
    }
    for (const nodes of seen.values()) expect(nodes.size).toBe(1);
  });

  it("R11.2 says why an instance has no node, and binds it once there is one", async () => {
    await world.deploy({ replicas: 1 });
    world.start();
    await world.time.advance("5s");
    const [waiting] = await world.instances();
    expect(findCondition(waiting?.status?.conditions, "Scheduled")).toMatchObject({
      status: "False",
      message: "0/0 nodes are available: there are no nodes.",
    });
    await world.addNode("a");
    await world.time.settle();
    await world.time.advance("100ms");
    const [bound] = await world.instances();
    expect(bound?.spec.nodeName).toBe("a");
    expect(findCondition(bound?.status?.conditions, "Scheduled")).toMatchObject({ status: "True" });
  });

  it("R11.5 gives nothing to nodes that are cordoned, not ready or tainted, unless the taint is tolerated", async () => {
    const cordoned = await world.addNode("cordoned");
    await world.client.update(cordoned, ({ spec }) => {
      spec.unschedulable = true;
    });
    await world.client.create(Node, { metadata: { name: "silent" }, spec: {} });
    const tainted = await world.addNode("tainted");
    await world.client.update(tainted, ({ spec }) => {
      spec.taints = [{ key: "gpu", effect: "NoSchedule" }];
    });
    await world.deploy({ replicas: 2 });
    world.start();
    await world.time.advance("30s");
    expect((await world.instances()).map(({ spec }) => spec.nodeName)).toEqual([undefined, undefined]);
    await world.change((spec) => {
      spec.template = { ...template("2"), spec: { ...template("2").spec, tolerations: [{ key: "gpu" }] } };
    });
    await world.time.advance("30s");
    expect((await world.instances()).map(({ spec }) => spec.nodeName)).toEqual(["tainted", "tainted"]);
  });

  it("empties a node that is drained, says so, and fills it again", async () => {
    const node = await world.addNode("a");
    await world.addNode("b");
    await world.deploy({ replicas: 4 });
    world.start();
    await world.time.advance("5s");
    await world.client.update(node, ({ spec }) => {
      spec.drain = true;
    });
    await world.time.advance("10s");
    expect((await world.instances()).map(({ spec }) => spec.nodeName)).toEqual(["b", "b", "b", "b"]);
    const drained = await world.client.get(Node, "a");
    expect(findCondition(drained?.status?.conditions, "Drained")).toMatchObject({ status: "True" });
    await world.client.update(node, ({ spec }) => {
      spec.drain = false;
    });
    await world.change((spec) => {
      spec.replicas = 6;
    });
    await world.time.advance("10s");
    expect((await world.instances()).filter(({ spec }) => spec.nodeName === "a")).toHaveLength(2);
    const again = await world.client.get(Node, "a");
    expect(findCondition(again?.status?.conditions, "Drained")).toMatchObject({ status: "False", reason: "NotWanted" });
  });

  it("R11.3 replaces the instances of a node that vanished, and binds none of them again", async () => {
    const node = await world.addNode("a");
    await world.deploy({ replicas: 2 });
    world.start();
    await world.time.advance("5s");
    const before = (await world.instances()).map(({ metadata }) => metadata.uid);
    await world.client.delete(node);
    await world.addNode("b");
    await world.time.advance("2m");
    const after = await world.instances();
    expect(after.map(({ spec }) => spec.nodeName)).toEqual(["b", "b"]);
    for (const { metadata } of after) expect(before).not.toContain(metadata.uid);
  });
});
