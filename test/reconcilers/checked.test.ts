import { describe, expect, it } from "vitest";
import type { Controller } from "keelson/controllers";
import {
  Deployment,
  Instance,
  Node,
  Workload,
  bindingController,
  deploymentController,
  drainController,
  garbageCollector,
  instanceCollector,
  nodeLifecycleController,
  taintEvictionController,
  workloadController,
} from "keelson/reconcilers";
import { type Resource, type ResourceClient, defineKind, ownerReference, setCondition } from "keelson/resources";
import { type ReconcilerScenario, checkReconciler } from "keelson/testing";
import { runs } from "../support/deep.js";
import { addNode, beat, change, deploy, standInAgent, template, work } from "./stand-in.js";

const seeds = runs(500, 1 / 20);
const options = { timeout: 60_000 + seeds * 2_000 };

async function check(controllers: () => readonly Controller[], scenario: ReconcilerScenario): Promise<void> {
  const report = await checkReconciler(controllers, scenario, { seeds });
  expect(report.runs).toBe(2 * seeds);
  expect(report.reconciles).toBeGreaterThan(seeds);
}

/** What is the same in the end, whichever instance got which name, node or time. */
function shape(resource: Resource): unknown {
  const conditions = ((resource.status as Node["status"])?.conditions ?? []).map(({ type, status }) => [type, status]);
  switch (resource.kind) {
    case Instance.name: {
      const { spec, metadata, status } = resource as Instance;
      const isBound = spec.nodeName !== undefined;
      return [metadata.labels, metadata.deletionTimestamp !== undefined, isBound, status?.phase];
    }
    case Node.name: {
      const { spec } = resource as Node;
      return [spec.drain, spec.taints.map(({ key, effect }) => [key, effect]), conditions];
    }
    case Workload.name: {
      const { spec, status } = resource as Workload;
      return [spec.replicas, status?.replicas, status?.readyReplicas, status?.availableReplicas];
    }
    case Deployment.name: {
      const { spec, status } = resource as Deployment;
      return [spec.replicas, status?.replicas, status?.updatedReplicas, status?.availableReplicas, conditions];
    }
    default:
      return undefined;
  }
}

async function instance(client: ResourceClient, name: string, spec: object = {}): Promise<Instance> {
  return await client.create(Instance, { metadata: { name }, spec: { command: ["web"], ...spec } });
}

const Part = defineKind<object>()("Part");

async function part(client: ResourceClient, name: string, owners: readonly Resource[]): Promise<Resource> {
  const ownerReferences = owners.map((owner) => ownerReference(owner, { controller: false }));
  return await client.create(Part, { metadata: { name, ownerReferences }, spec: {} });
}

describe("R0.1 R0.2 R0.3 R0.6 comes to the same end whatever goes wrong, and to rest:", () => {
  it("the Workload controller", options, () =>
    check(() => [workloadController(), standInAgent({ bindsTo: "a" })], {
      view: shape,
      recreates: [Workload],
      async run(t, random) {
        const { client } = t;
        await instance(client, "orphan");
        const workload = await work(client, { replicas: 1 + Math.floor(random() * 4) });
        await t.advance("5s");
        const orphan = await client.get(Instance, "orphan");
        if (orphan !== undefined) await client.update(orphan, ({ metadata }) => void (metadata.labels["app"] = "web"));
        await t.advance("2s");
        const wanted = Math.floor(random() * 6);
        await client.update(workload, ({ spec }) => void (spec.replicas = wanted));
        await t.advance("5s");
      },
      async reached({ client }) {
        const workload = await client.get(Workload, "web");
        expect(workload?.status?.readyReplicas).toBe(workload?.spec.replicas);
      },
    }),
  );

  it("the Deployment controller", options, () =>
    check(() => [deploymentController(), workloadController(), standInAgent({ bindsTo: "a" })], {
      view: shape,
      kinds: [Deployment, Instance],
      recreates: [],
      async run(t, random) {
        const { client } = t;
        await deploy(client, { replicas: 1 + Math.floor(random() * 4) });
        await t.advance(`${Math.floor(random() * 3_000)}ms`);
        await change(client, (spec) => void (spec.template = template("2")));
        await t.advance(`${Math.floor(random() * 3_000)}ms`);
        if (random() < 0.5) await change(client, (spec) => void (spec.replicas = Math.floor(random() * 5)));
        if (random() < 0.5) await change(client, (spec) => void (spec.template = template("3")));
      },
      async reached({ client }) {
        const { spec, status } = (await client.get(Deployment, "web")) ?? {};
        expect(status).toMatchObject({ replicas: spec?.replicas, updatedReplicas: spec?.replicas });
      },
    }),
  );

  it("the garbage collector", options, () =>
    check(() => garbageCollector([Part]), {
      kinds: [Part],
      recreates: [],
      async run(t, random) {
        const { client } = t;
        const [a, b] = [await part(client, "a", []), await part(client, "b", [])];
        const child = await part(client, "child", random() < 0.5 ? [a] : [a, b]);
        await part(client, "grandchild", [child]);
        await t.advance("1s");
        const propagation = (["background", "foreground", "orphan"] as const)[Math.floor(random() * 3)] ?? "orphan";
        await client.delete(a, { propagation });
      },
    }),
  );

  it("node lifecycle", options, () =>
    check(() => [nodeLifecycleController()], {
      view: shape,
      kinds: [Node],
      recreates: [],
      async run(t, random) {
        const { client } = t;
        for (const name of ["a", "b", "c", "d"]) await addNode(client, name);
        const isSilent = random() < 0.5;
        for (let second = 0; second < 60; second += 10) {
          for (const name of ["a", "b", "c"]) await beat(client, name);
          if (!isSilent || second < 10) await beat(client, "d");
          await t.advance("10s");
        }
        const b = await client.get(Node, "b");
        if (b === undefined || random() < 0.5) return;
        const verdict = { type: "Ready", status: "False", reason: "AgentStopped", message: "" } as const;
        await client.patchStatus(b, { conditions: setCondition([], verdict, new Date(0)) });
      },
    }),
  );

  it("eviction by taint", options, () =>
    check(() => [taintEvictionController()], {
      view: shape,
      kinds: [Instance],
      recreates: [],
      async run(t, random) {
        const { client } = t;
        const node = await addNode(client, "a");
        const tolerations = [{ key: "gpu", tolerationSeconds: Math.floor(random() * 120) }];
        await instance(client, "none", { nodeName: "a" });
        await instance(client, "some", { nodeName: "a", tolerations });
        await instance(client, "all", { nodeName: "a", tolerations: [{ key: "gpu" }] });
        await t.advance("1s");
        await client.update(node, ({ spec }) => void (spec.taints = [{ key: "gpu", effect: "NoExecute" }]));
        await t.advance("1m");
      },
      async reached({ client }) {
        expect((await client.list(Instance)).items.map(({ metadata }) => metadata.name)).toEqual(["all"]);
      },
    }),
  );

  it("the collector of stranded instances", options, () =>
    check(() => [instanceCollector()], {
      view: shape,
      kinds: [Instance],
      recreates: [],
      async run(t, random) {
        const { client } = t;
        const node = await addNode(client, "a");
        await addNode(client, "b");
        for (const name of ["x", "y", "z"]) await instance(client, name, { nodeName: random() < 0.5 ? "a" : "b" });
        await t.advance("10s");
        await client.delete(node);
        await t.advance("1m");
      },
      async reached({ client }) {
        const { items } = await client.list(Instance, { fields: { nodeName: "a" } });
        expect(items).toEqual([]);
      },
    }),
  );

  it("binding", options, () =>
    check(() => [bindingController()], {
      view: shape,
      kinds: [Instance],
      async run(t, random) {
        const { client } = t;
        await addNode(client, "a", { cpu: 250 });
        for (let index = 0; index < 5; index += 1) await instance(client, `i-${index}`, { resources: { cpu: 100 } });
        await t.advance(`${Math.floor(random() * 3_000)}ms`);
        await addNode(client, "b", { cpu: 1_000 });
        await t.advance("1m");
      },
      async reached({ client }) {
        const { items } = await client.list(Instance, { fields: { nodeName: "a" } });
        expect(items.length, "what fits on a").toBeLessThanOrEqual(2);
      },
    }),
  );

  it("drain", options, () =>
    check(() => [drainController()], {
      view: shape,
      recreates: [],
      async run(t, random) {
        const { client } = t;
        const node = await addNode(client, "a");
        for (const name of ["x", "y", "z"]) await instance(client, name, { nodeName: "a" });
        await t.advance("1s");
        await client.update(node, ({ spec }) => void (spec.drain = true));
        await t.advance("5m"); // longer than anything stays unobserved
        if (random() < 0.5) await client.update(node, ({ spec }) => void (spec.drain = false));
      },
    }),
  );
});
