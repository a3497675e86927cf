import { describe, expect, it } from "vitest";
import { ObjectEvent } from "keelson/controllers";
import { garbageCollector } from "keelson/reconcilers";
import { type OwnerReference, type Resource, defineKind, ownerReference } from "keelson/resources";
import { lateKind } from "../controllers/delayed-store.js";
import { type FaultyStore, faultyStore } from "../resources/faulty-store.js";
import { type Plane, createPlane } from "./plane.js";

const Part = defineKind<object>()("Part");
const Site = defineKind<object>()("Site", { scope: "cluster" });

const collected = (): Plane => createPlane(() => garbageCollector([Part, Site]));

async function make(
  { client }: Plane,
  name: string,
  owners: readonly (Resource | OwnerReference)[] = [],
  { namespace, finalizers = [] }: { readonly namespace?: string; readonly finalizers?: readonly string[] } = {},
): Promise<Resource> {
  const ownerReferences = owners.map((owner) =>
    "metadata" in owner ? ownerReference(owner, { controller: false }) : owner,
  );
  return await client.create(Part, { metadata: { name, namespace, ownerReferences, finalizers }, spec: {} });
}

async function names({ client }: Plane): Promise<string[]> {
  return (await client.list(Part)).items.map(({ metadata }) => metadata.name).sort();
}

async function ownersOf({ client }: Plane, name: string): Promise<string[] | undefined> {
  return (await client.get(Part, name))?.metadata.ownerReferences.map((each) => each.name);
}

async function told({ client }: Plane): Promise<string[][]> {
  return (await client.list(ObjectEvent)).items.map(({ spec }) => [spec.type, spec.reason, spec.regarding.name]);
}

describe("garbageCollector", () => {
  it("R6.1 deletes what has lost its last owner, all the way down, and nothing else", async () => {
    await using plane = collected();
    const root = await make(plane, "root");
    const child = await make(plane, "child", [root]);
    await make(plane, "grandchild", [child]);
    await make(plane, "free");
    await plane.settle();
    expect(await names(plane)).toEqual(["child", "free", "grandchild", "root"]);
    await plane.client.delete(root);
    await plane.settle();
    expect(await names(plane)).toEqual(["free"]);
  });

  it("R6.1 takes an object of the same name but another uid for another owner", async () => {
    await using plane = collected();
    const root = await make(plane, "root");
    await plane.stop();
    await plane.client.delete(root);
    await make(plane, "root");
    await make(plane, "child", [root]);
    plane.start();
    await plane.settle();
    expect(await names(plane)).toEqual(["root"]);
  });

  it("R6.2 takes off the references to owners that are gone, while one lives", async () => {
    await using plane = collected();
    const [gone, alive] = [await make(plane, "gone"), await make(plane, "alive")];
    await make(plane, "child", [gone, alive]);
    await plane.client.delete(gone);
    await plane.settle();
    expect(await ownersOf(plane, "child")).toEqual(["alive"]);
  });

  it("R6.3 background: the owner goes first, held back by nobody", async () => {
    await using plane = collected();
    const root = await make(plane, "root");
    await make(plane, "child", [root], { finalizers: ["x.dev/hold"] });
    await plane.client.delete(root, { propagation: "background" });
    await plane.settle();
    expect(await names(plane)).toEqual(["child"]);
    expect((await plane.client.get(Part, "child"))?.metadata.deletionTimestamp).toBeDefined();
  });

  it("R6.3 foreground: the owner goes after those that block its deletion", async () => {
    await using plane = collected();
    const root = await make(plane, "root");
    const blocking = await make(plane, "blocking", [root], { finalizers: ["x.dev/hold"] });
    const leaf = await make(plane, "leaf", [blocking], { finalizers: ["x.dev/hold"] });
    await make(plane, "loose", [{ ...ownerReference(root), blockOwnerDeletion: false }], {
      finalizers: ["x.dev/hold"],
    });
    await plane.settle();
    await plane.client.delete(root, { propagation: "foreground" });
    await plane.settle();
    expect(await names(plane)).toEqual(["blocking", "leaf", "loose", "root"]);
    const release = async (held: Resource): Promise<void> => {
      await plane.client.update(held, ({ metadata }) => void (metadata.finalizers = metadata.finalizers.slice(1)));
      await plane.settle();
    };
    await release(blocking);
    expect(await names(plane), "its own dependents block it").toEqual(["blocking", "leaf", "loose", "root"]);
    await release(leaf);
    expect(await names(plane), "what does not block is left behind").toEqual(["loose"]);
  });

  it("R6.3 orphan: the dependents lose their owner before it goes, and stay", async () => {
    await using plane = collected();
    const root = await make(plane, "root");
    await make(plane, "child", [root]);
    await plane.client.delete(root, { propagation: "orphan" });
    await plane.settle();
    expect(await names(plane)).toEqual(["child"]);
    expect(await ownersOf(plane, "child")).toEqual([]);
  });

  it("R6.4 takes an owner in another namespace for absent", async () => {
    await using plane = collected();
    const stranger = await make(plane, "stranger", [], { namespace: "other" });
    await make(plane, "child", [ownerReference(stranger)]);
    await plane.settle();
    expect(await names(plane)).toEqual(["stranger"]);
    expect(await told(plane)).toEqual([["Warning", "OwnerRefInvalidNamespace", "child"]]);
  });

  it("R6.4 lets a namespaced object have a cluster-scoped owner, and keeps one the other way round", async () => {
    await using plane = collected();
    const site = await plane.client.create(Site, { metadata: { name: "site" }, spec: {} });
    const part = await make(plane, "part", [site]);
    await plane.client.create(Site, { metadata: { name: "odd", ownerReferences: [ownerReference(part)] }, spec: {} });
    await plane.settle();
    await plane.client.delete(site);
    await plane.settle();
    expect(await names(plane)).toEqual([]);
    expect((await plane.client.list(Site)).items.map(({ metadata }) => metadata.name)).toEqual(["odd"]);
    expect(await told(plane)).toEqual([["Warning", "OwnerRefInvalidNamespace", "odd"]]);
  });

  it("keeps what belongs to an owner of a kind it does not know", async () => {
    await using plane = collected();
    await make(plane, "child", [{ kind: "Stranger", name: "x", uid: "u" }]);
    await plane.settle();
    expect(await names(plane)).toEqual(["child"]);
  });

  it.each(["background", "foreground"] as const)("R6.5 comes to an end with circles, %s", async (propagation) => {
    await using plane = collected();
    const self = await make(plane, "self");
    await plane.client.update(self, ({ metadata }) => void metadata.ownerReferences.push(ownerReference(self)));
    const [a, b] = [await make(plane, "a"), await make(plane, "b")];
    const link = async (part: Resource, owner: Resource): Promise<void> => {
      await plane.client.update(part, ({ metadata }) => void metadata.ownerReferences.push(ownerReference(owner)));
    };
    await link(a, b);
    await link(b, a);
    await plane.settle();
    expect(await names(plane)).toEqual(["a", "b", "self"]);
    const revision = await plane.revision();
    await plane.time.advance("10m");
    expect(await plane.revision()).toBe(revision);
    await plane.client.delete(self, { propagation });
    await plane.client.delete(a, { propagation });
    await plane.time.advance("1m");
    expect(await names(plane)).toEqual([]);
  });

  it("R6.5 asks the store before it believes that an owner is gone: the cache may not have it yet", async () => {
    let lateMs = 0;
    await using plane = createPlane(
      () => garbageCollector([Part, Site]),
      (store) => lateKind(store, Site.name, () => lateMs),
    );
    await plane.settle();
    lateMs = 3_600_000;
    const site = await plane.client.create(Site, { metadata: { name: "late" }, spec: {} });
    await make(plane, "child", [site]);
    await plane.settle();
    expect(await names(plane)).toEqual(["child"]);
  });

  it("R6.6 deletes exactly what it judged: one that has changed since is judged anew", async () => {
    let faults: FaultyStore | undefined;
    await using plane = createPlane(
      () => garbageCollector([Part]),
      (store) => (faults = faultyStore(store)).store,
    );
    const [root, heir] = [await make(plane, "root"), await make(plane, "heir")];
    const child = await make(plane, "child", [root]);
    await plane.settle();
    faults?.nextTxn(async (run) => {
      await plane.client.update(child, ({ metadata }) => void metadata.ownerReferences.push(ownerReference(heir)));
      return run();
    });
    await plane.client.delete(root);
    await plane.settle();
    expect(await ownersOf(plane, "child")).toEqual(["heir"]);
  });

  it("writes nothing when all is well, also after a restart", async () => {
    await using plane = collected();
    const root = await make(plane, "root");
    await make(plane, "child", [root]);
    await plane.settle();
    const revision = await plane.revision();
    await plane.restart();
    await plane.time.advance("1h");
    expect(await plane.revision()).toBe(revision);
  });
});
