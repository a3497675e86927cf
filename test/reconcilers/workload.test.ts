import { describe, expect, it } from "vitest";
import { type Controller, ObjectEvent } from "keelson/controllers";
import {
  Instance,
  type WorkloadInput,
  Workload,
  deletionCostAnnotation,
  workloadController,
} from "keelson/reconcilers";
import { findCondition, ownerOf, setCondition } from "keelson/resources";
import { type Harness, createHarness, withFaults } from "keelson/testing";
import { slowStart } from "../../src/reconcilers/slow-start.js";
import { outcome } from "../support/outcome.js";
import { lateKind } from "../controllers/delayed-store.js";
import { createPlane } from "./plane.js";
import { addNode, isActive, standInAgent, template, work } from "./stand-in.js";

const alone = (): readonly Controller[] => [workloadController()];
const withAgent = (): readonly Controller[] => [workloadController(), standInAgent({ bindsTo: "a" })];

async function workload({ client }: Harness): Promise<Workload> {
  const found = await client.get(Workload, "web");
  if (found === undefined) throw new Error("there is no Workload");
  return found;
}

async function instances({ client }: Harness): Promise<readonly Instance[]> {
  return (await client.list(Instance)).items;
}

async function names(t: Harness): Promise<string[]> {
  return (await instances(t)).filter(isActive).map(({ metadata }) => metadata.name);
}

async function scale(t: Harness, replicas: number): Promise<void> {
  await t.client.update(await workload(t), ({ spec }) => void (spec.replicas = replicas));
  await t.advance("5s");
}

async function setStatus(
  t: Harness,
  instance: Instance,
  {
    ready = true,
    phase = "Running",
    at = 0,
    restarts = 0,
  }: { ready?: boolean | "Unknown"; phase?: "Pending" | "Running" | "Failed"; at?: number; restarts?: number },
): Promise<void> {
  const status = ready === true ? "True" : ready === false ? "False" : "Unknown";
  const conditions = setCondition([], { type: "Ready", status, reason: "Test", message: "" }, new Date(at));
  await t.client.patchStatus(instance, { phase, restarts, conditions });
}

describe("workloadController", () => {
  it("R1.1 creates in batches of 1, 2, 4 …, and stops after one with a failure", async () => {
    const tried: number[] = [];
    const items = Array.from({ length: 20 }, (_, index) => index);
    const act = (index: number): Promise<void> => {
      tried.push(index);
      return index === 4 ? Promise.reject(new Error("no more")) : Promise.resolve();
    };
    expect(await outcome(slowStart(items, act))).toMatchObject({ message: "no more" });
    expect(tried).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("R1.1 R1.2 makes and deletes no more than 500 at a time", async () => {
    await using t = await createHarness({ controllers: alone });
    const counts: number[] = [];
    t.observe(Workload, ([web]) => void counts.push(web?.status?.replicas ?? 0));
    await work(t.client, { replicas: 1_200 });
    await t.advance("10s");
    expect((await instances(t)).length).toBe(1_200);
    expect(counts).toEqual(expect.arrayContaining([500, 1_000, 1_200]));
    counts.length = 0;
    await scale(t, 100);
    expect((await instances(t)).length).toBe(100);
    expect(counts).toEqual(expect.arrayContaining([700, 200, 100]));
  });

  it("R1.2 takes an instance that is gone for deleted", async () => {
    await using t = await createHarness({ controllers: alone });
    await work(t.client, { replicas: 3 });
    await t.settle();
    t.faults.staleCache("workload", "10s");
    for (const instance of await instances(t)) await t.client.delete(instance);
    await t.client.update(await workload(t), ({ spec }) => void (spec.replicas = 0));
    await t.advance("1m");
    expect(await names(t)).toEqual([]);
    expect(findCondition((await workload(t)).status?.conditions, "ReplicaFailure")).toBeUndefined();
  });

  it("R1.2 deletes in parallel", async () => {
    await using plane = createPlane(alone, (store) =>
      withFaults(store, [{ kind: "latency", method: "txn", delay: "1s" }]),
    );
    const web = await work(plane.client, { replicas: 30 });
    await plane.time.advance("1m");
    expect((await plane.client.list(Instance)).items).toHaveLength(30);
    await plane.client.update(web, ({ spec }) => void (spec.replicas = 0));
    await plane.time.advance("2s"); // one after the other, it would take thirty
    const { items } = await plane.client.list(Instance);
    await plane.time.advance("5m");
    expect(items).toEqual([]);
  });

  it("R1.3 newer ones before older ones, and of equals the first by name", async () => {
    await using t = await createHarness({ controllers: alone });
    const create = async (name: string): Promise<void> => {
      const metadata = { name, labels: { app: "web" } };
      // All have been ready since the same instant.
      await setStatus(t, await t.client.create(Instance, { metadata, spec: { command: ["x"] } }), { at: 0 });
    };
    await create("a-old");
    await t.advance("1m");
    for (const name of ["c", "b"]) await create(name);
    await work(t.client, { replicas: 3 });
    await t.settle();
    await scale(t, 2);
    expect(await names(t)).toEqual(["a-old", "c"]);
    await scale(t, 1);
    expect(await names(t)).toEqual(["a-old"]);
  });

  it("R1.3 victim order: unassigned, pending, unknown, not ready, crowded, cheap, young in readiness, restarted", async () => {
    await using t = await createHarness({ controllers: alone });
    await addNode(t.client, "a");
    const kinds = [
      "unassigned",
      "pending",
      "unknown",
      "unready",
      "crowded-1",
      "crowded-2",
      "cheap",
      "fresh",
      "restarted",
      "old",
    ];
    for (const [index, name] of kinds.entries()) {
      const annotations = name === "cheap" ? { [deletionCostAnnotation]: "-5" } : {};
      const nodeName = name === "unassigned" ? {} : { nodeName: name.startsWith("crowded") ? "crowd" : name };
      const instance = await t.client.create(Instance, {
        metadata: { name, labels: { app: "web" }, annotations },
        spec: { command: ["x"], ...nodeName },
      });
      if (name === "unassigned") continue;
      await setStatus(t, instance, {
        phase: name === "pending" ? "Pending" : "Running",
        ready: name === "unknown" ? "Unknown" : name !== "unready" && name !== "pending",
        at: name === "fresh" ? 2_000_000 : 1_000 + index,
        restarts: name === "restarted" ? 9 : 0,
      });
    }
    // The same time for those that differ by what comes later in the order.
    for (const name of ["restarted", "old"]) {
      const instance = await t.client.get(Instance, name);
      if (instance !== undefined) await setStatus(t, instance, { ready: false });
      if (instance !== undefined) await setStatus(t, instance, { at: 5_000, restarts: name === "restarted" ? 9 : 0 });
    }
    const order: string[] = [];
    await work(t.client, { replicas: kinds.length });
    await t.advance("5s");
    let before = new Set(await names(t));
    for (let left = kinds.length - 1; left >= 0; left -= 1) {
      await scale(t, left);
      const now = new Set(await names(t));
      order.push([...before].filter((name) => !now.has(name)).join());
      before = now;
    }
    expect(order.slice(0, 7)).toEqual(["unassigned", "pending", "unknown", "unready", "crowded-2", "cheap", "fresh"]);
    expect(order.indexOf("restarted")).toBeLessThan(order.indexOf("old"));
  });

  it("R1.4 counts what is active: what has ended for good is deleted and replaced, what is going is replaced", async () => {
    await using t = await createHarness({ controllers: alone });
    await work(t.client, { replicas: 3 });
    await t.settle();
    const [failed, going] = await instances(t);
    if (failed === undefined || going === undefined) throw new Error("too few");
    await setStatus(t, failed, { phase: "Failed", ready: false });
    await t.client.update(going, ({ metadata }) => void metadata.finalizers.push("x.dev/hold"));
    await t.client.delete(going);
    await t.advance("1s");
    expect(await names(t)).toHaveLength(3);
    expect(await t.client.get(Instance, failed.metadata.name)).not.toMatchObject({
      metadata: { uid: failed.metadata.uid },
    });
    expect((await workload(t)).status?.replicas).toBe(3);
  });

  it("R1.5 adopts what has its labels and no owner, and releases what has lost them", async () => {
    await using t = await createHarness({ controllers: alone });
    const labels = { app: "web" };
    await t.client.create(Instance, { metadata: { name: "orphan", labels }, spec: { command: ["x"] } });
    await t.client.create(Instance, { metadata: { name: "stranger" }, spec: { command: ["x"] } });
    await work(t.client, { replicas: 2 });
    await t.settle();
    expect(await names(t)).toEqual(expect.arrayContaining(["orphan", "stranger", "web-0"]));
    const orphan = await t.client.get(Instance, "orphan");
    expect(orphan && ownerOf(orphan)?.name).toBe("web");
    if (orphan !== undefined) await t.client.update(orphan, ({ metadata }) => void (metadata.labels = { app: "mine" }));
    await t.advance("1s");
    const released = await t.client.get(Instance, "orphan");
    expect(released?.metadata.ownerReferences).toEqual([]);
    expect((await workload(t)).status?.replicas).toBe(2);
  });

  it("R1.5 R0.4 R0.5 does nothing to instances in the name of a Workload that is going", async () => {
    await using t = await createHarness({ controllers: alone, collectsGarbage: false });
    const web = await work(t.client, { replicas: 2 });
    await t.settle();
    await t.client.update(web, ({ metadata }) => void metadata.finalizers.push("x.dev/hold"));
    await t.client.delete(web);
    await t.client.create(Instance, { metadata: { name: "orphan", labels: { app: "web" } }, spec: { command: ["x"] } });
    await t.client.update(await workload(t), ({ spec }) => void (spec.replicas = 5));
    const first = await t.client.get(Instance, "web-0");
    if (first !== undefined) await t.client.delete(first);
    await t.advance("1m");
    expect(await names(t)).toHaveLength(2);
    expect((await t.client.get(Instance, "orphan"))?.metadata.ownerReferences).toEqual([]);
    expect((await workload(t)).status, "its status goes on").toMatchObject({ replicas: 1, observedGeneration: 3 });
  });

  it("R0.4 asks the store whether a Workload still stands before it acts for it: its cache may not know", async () => {
    let lateMs = 0;
    await using plane = createPlane(alone, (store) => lateKind(store, "Workload", () => lateMs));
    const web = await work(plane.client, { replicas: 2 });
    await plane.settle();
    lateMs = 3_600_000;
    await plane.client.update(web, ({ metadata }) => void metadata.finalizers.push("x.dev/hold"));
    await plane.client.delete(web);
    const [first] = (await plane.client.list(Instance)).items;
    if (first === undefined) throw new Error("there is none");
    await plane.client.delete(first);
    await plane.client.create(Instance, { metadata: { name: "orphan", labels: { app: "web" } }, spec: first.spec });
    await plane.time.advance("1m");
    const { items } = await plane.client.list(Instance);
    expect(items.map(({ metadata }) => [metadata.name, metadata.ownerReferences.length])).toEqual([
      ["orphan", 0],
      ["web-1", 1],
    ]);
  });

  it("R1.5 never takes what belongs to another, though the labels fit", async () => {
    await using t = await createHarness({ controllers: alone });
    const spec: WorkloadInput = { replicas: 1, selector: { app: "web" }, template: template() };
    await t.client.create(Workload, { metadata: { name: "other" }, spec });
    await work(t.client, { replicas: 1 });
    await t.advance("1m");
    expect(await names(t)).toEqual(["other-0", "web-0"]);
  });

  it("R1.6 an instance that changes owners wakes both", async () => {
    await using t = await createHarness({ controllers: alone });
    const spec: WorkloadInput = {
      replicas: 1,
      selector: { app: "other" },
      template: { labels: { app: "other" }, spec: { command: ["x"] } },
    };
    const other = await t.client.create(Workload, { metadata: { name: "other" }, spec });
    await work(t.client, { replicas: 1 });
    await t.settle();
    const instance = await t.client.get(Instance, "web-0");
    if (instance === undefined) throw new Error("it is not there");
    const { uid } = other.metadata;
    await t.client.update(instance, ({ metadata }) => {
      metadata.labels = { app: "other" };
      metadata.ownerReferences = [{ kind: "Workload", name: "other", uid, controller: true }];
    });
    await t.advance("1s");
    const owners = (await instances(t)).filter(isActive).map((each) => ownerOf(each)?.name);
    expect(owners.sort(), "one made another, the other gave one up").toEqual(["other", "web"]);
  });

  it("R1.7 counts replicas, labels, readiness and availability, and looks again when that can change", async () => {
    await using t = await createHarness({ controllers: withAgent });
    await work(t.client, { replicas: 2, minReadySeconds: 30 });
    await t.advance("29s");
    const ready = { replicas: 2, fullyLabeledReplicas: 2, readyReplicas: 2 };
    expect((await workload(t)).status).toMatchObject({ ...ready, availableReplicas: 0 });
    await t.advance("1s");
    await t.settle();
    expect((await workload(t)).status).toMatchObject({ ...ready, availableReplicas: 2 });
    await t.client.update(await workload(t), ({ spec }) => void (spec.template.labels["new"] = "label"));
    await t.advance("1s");
    expect((await workload(t)).status).toMatchObject({ fullyLabeledReplicas: 0, observedGeneration: 2 });
  });

  it("R0.7 says which generation it has seen; a condition's time moves only with its status", async () => {
    await using t = await createHarness({ controllers: alone });
    const name = "w".repeat(252);
    const web = await work(t.client, { replicas: 1 }, name);
    await t.advance("1s");
    const failing = await t.client.get(Workload, name);
    const first = failing?.status;
    expect(first?.observedGeneration).toBe(1);
    await t.advance("10m");
    expect(await t.client.get(Workload, name), "it fails the same again and again").toEqual(failing);
    await t.client.update(web, ({ spec }) => void (spec.replicas = 2));
    await t.advance("1m");
    const second = (await t.client.get(Workload, name))?.status;
    expect(second?.observedGeneration).toBe(2);
    const since = [first, second].map(
      (status) => findCondition(status?.conditions, "ReplicaFailure")?.lastTransitionTime,
    );
    expect(since[1]).toBe(since[0]);
  });

  it("R1.8 R0.8 sets ReplicaFailure while instances cannot be made, and tells of it", async () => {
    await using t = await createHarness({ controllers: alone });
    const name = "w".repeat(252); // with an ordinal, it is too long
    const web = await work(t.client, { replicas: 1 }, name);
    const failure = async (): Promise<unknown> =>
      findCondition((await t.client.get(Workload, name))?.status?.conditions, "ReplicaFailure");
    await t.advance("1s");
    expect(await failure()).toMatchObject({ status: "True", reason: "FailedCreate" });
    const told = (await t.client.list(ObjectEvent)).items.map(({ spec }) => [spec.type, spec.reason, spec.source]);
    expect(told).toEqual([["Warning", "FailedCreate", "workload"]]);
    await t.advance("10m");
    const [again, ...others] = (await t.client.list(ObjectEvent)).items;
    expect(others, "it is one event, however often it fails").toEqual([]);
    expect(again?.spec.count).toBeGreaterThan(3);
    await t.client.update(web, ({ spec }) => void (spec.replicas = 0));
    await t.advance("10m");
    expect(await failure()).toMatchObject({ status: "False" });
  });

  it("takes the lowest ordinals that are free, whoever has the others", async () => {
    await using t = await createHarness({ controllers: alone });
    await t.client.create(Instance, { metadata: { name: "web-1" }, spec: { command: ["other"] } });
    await work(t.client, { replicas: 2 });
    await t.settle();
    expect(await names(t)).toEqual(["web-0", "web-1", "web-2"]);
  });

  it("R1.9 refuses a selector that is empty, does not match, or is changed", async () => {
    await using t = await createHarness({ controllers: alone });
    expect(await outcome(work(t.client, { selector: {} }))).toMatchObject({ code: "RESOURCE_INVALID" });
    expect(await outcome(work(t.client, { selector: { app: "else" } }))).toMatchObject({ code: "RESOURCE_INVALID" });
    const web = await work(t.client, { replicas: 0 });
    const change = t.client.update(web, ({ spec }) => void (spec.selector = { app: "web", more: "x" }));
    expect(await outcome(change)).toMatchObject({ code: "RESOURCE_INVALID" });
  });
});
