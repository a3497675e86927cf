import { type Controller, type Manager, createManager } from "keelson/controllers";
import {
  Deployment,
  type DeploymentInput,
  Instance,
  Node,
  agentFinalizer,
  referenceControllers,
} from "keelson/reconcilers";
import { type ResourceClient, createResourceClient, setCondition } from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";

/** A cluster in virtual time: the controllers, and one stand-in for all agents. */
export interface World {
  readonly time: VirtualTime;
  readonly store: StateStore;
  readonly client: ResourceClient;
  /** What the instances of a version do; `false`: they never become ready. */
  readonly behaviour: { ready: (instance: Instance) => boolean; holdEnd: boolean };
  /** Whether instances that are asked to go are held back. */
  holdEnds(hold: boolean): void;
  /** Every state the instances were in, one per change. */
  readonly history: (readonly Instance[])[];
  start(controllers?: readonly Controller[]): Manager;
  stop(): Promise<void>;
  addNode(name: string, capacity?: Record<string, number>): Promise<Node>;
  deploy(spec: Partial<DeploymentInput>, name?: string): Promise<Deployment>;
  change(edit: (spec: { -readonly [K in keyof Deployment["spec"]]: Deployment["spec"][K] }) => void): Promise<void>;
  instances(): Promise<readonly Instance[]>;
  deployment(): Promise<Deployment>;
  end(): Promise<void>;
}

export function template(version: string): DeploymentInput["template"] {
  return { labels: { app: "web" }, spec: { command: ["web"], env: { VERSION: version }, resources: { cpu: 100 } } };
}

function reference(): readonly Controller[] {
  // Its agents do not say that they live.
  return referenceControllers({ nodes: { grace: "30d", startupGrace: "30d" } });
}

export function createWorld(): World {
  const time = virtualTime();
  const store = memoryStore();
  const client = createResourceClient(store);
  const stopAgents = new AbortController();
  const behaviour: World["behaviour"] = { ready: () => true, holdEnd: false };
  const history: (readonly Instance[])[] = [];
  let stop = new AbortController();
  let running: Promise<void> = Promise.resolve();
  const agents = runAgents(client, stopAgents.signal, behaviour, history).catch(() => undefined);
  return {
    time,
    store,
    client,
    behaviour,
    history,
    holdEnds(hold) {
      behaviour.holdEnd = hold;
    },
    start(controllers = reference()) {
      stop = new AbortController();
      const manager = createManager({ store, controllers });
      running = manager.run(stop.signal);
      return manager;
    },
    async stop() {
      stop.abort(new Error("stopped by the test"));
      await running;
    },
    async addNode(name, capacity = { cpu: 1_000 }) {
      const node = await client.create(Node, { metadata: { name }, spec: {} });
      const ready = { type: "Ready", status: "True", reason: "AgentReady", message: "" } as const;
      return await client.patchStatus(node, { capacity, conditions: setCondition([], ready, new Date(0)) });
    },
    deploy: (spec, name = "web") =>
      client.create(Deployment, { metadata: { name }, spec: { template: template("1"), ...spec } }),
    async change(edit) {
      const deployment = await client.get(Deployment, "web");
      if (deployment !== undefined)
        await client.update(deployment, ({ spec }) => {
          edit(spec);
        });
    },
    instances: async () => (await client.list(Instance)).items,
    async deployment() {
      const found = await client.get(Deployment, "web");
      if (found === undefined) throw new Error("there is no Deployment");
      return found;
    },
    async end() {
      stop.abort(new Error("the test ends"));
      stopAgents.abort(new Error("the test ends"));
      await running;
      await agents;
      await store.close();
      time[Symbol.dispose]();
    },
  };
}

/** Marks bound instances as running and ready, and lets those go that are asked to. */
async function runAgents(
  client: ResourceClient,
  signal: AbortSignal,
  behaviour: World["behaviour"],
  history: (readonly Instance[])[],
): Promise<void> {
  const known = new Map<string, Instance>();
  for await (const event of client.watch(Instance, { signal })) {
    if (!("resource" in event)) continue;
    const { resource } = event;
    if (event.type === "deleted") known.delete(resource.metadata.name);
    else known.set(resource.metadata.name, resource);
    history.push([...known.values()]);
    if (event.type !== "deleted") await act(client, resource, behaviour).catch(() => undefined);
  }
}

async function act(client: ResourceClient, instance: Instance, behaviour: World["behaviour"]): Promise<void> {
  const { finalizers, deletionTimestamp } = instance.metadata;
  const isHeld = finalizers.includes(agentFinalizer);
  if (deletionTimestamp !== undefined && isHeld && !behaviour.holdEnd) {
    await client.update(instance, ({ metadata }) => {
      metadata.finalizers = [];
    });
  }
  if (instance.spec.nodeName === undefined || deletionTimestamp !== undefined) return;
  if (!isHeld) {
    await client.update(instance, ({ metadata }) => {
      metadata.finalizers = [agentFinalizer];
    });
    return;
  }
  const ready = behaviour.ready(instance);
  const verdict = { type: "Ready", status: ready ? "True" : "False", reason: "Running", message: "" } as const;
  const conditions = setCondition([], verdict, new Date(Date.UTC(2030, 0, 1)));
  await client.patchStatus(instance, { phase: "Running", conditions });
}

export function isActive({ metadata }: Instance): boolean {
  return metadata.deletionTimestamp === undefined;
}

export function isReady(instance: Instance): boolean {
  return (
    isActive(instance) &&
    instance.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true
  );
}
