import { type Controller, defineController } from "keelson/controllers";
import {
  Deployment,
  type DeploymentInput,
  Instance,
  type InstanceSpec,
  Node,
  NodeLease,
  Workload,
  type WorkloadInput,
  agentFinalizer,
} from "keelson/reconcilers";
import { type ResourceClient, setCondition } from "keelson/resources";

/** How the stand-in for all agents behaves. */
export interface StandInOptions {
  /** Whether an instance becomes ready. @defaultValue all do */
  readonly ready?: (instance: Instance) => boolean;
  /** Whether the end of an instance is held back. @defaultValue none is */
  readonly holdsEnd?: (instance: Instance) => boolean;
  /** Binds what has no node, where no scheduler is at work. @defaultValue nothing is bound */
  readonly bindsTo?: string;
}

/** Stands in for all agents: says that bound instances run and are ready, and lets those go that are asked to. */
export function standInAgent({ ready = () => true, holdsEnd = () => false, bindsTo }: StandInOptions = {}): Controller {
  return defineController({
    name: "stand-in",
    for: Instance,
    async reconcile(instance, { client, now }) {
      const { finalizers, deletionTimestamp } = instance.metadata;
      const isHeld = finalizers.includes(agentFinalizer);
      if (deletionTimestamp !== undefined) {
        if (!isHeld || holdsEnd(instance)) return;
        await client.update(instance, ({ metadata }) => {
          metadata.finalizers = metadata.finalizers.filter((name) => name !== agentFinalizer);
        });
        return;
      }
      if (instance.spec.nodeName === undefined) {
        if (bindsTo !== undefined) await client.update(instance, ({ spec }) => void (spec.nodeName = bindsTo));
        return;
      }
      if (!isHeld) {
        await client.update(instance, ({ metadata }, latest) => {
          if (latest.metadata.deletionTimestamp === undefined && !metadata.finalizers.includes(agentFinalizer)) {
            metadata.finalizers.push(agentFinalizer);
          }
        });
      }
      const status = ready(instance) ? "True" : "False";
      const conditions = setCondition([], { type: "Ready", status, reason: "StandIn", message: "" }, new Date(now()));
      await client.patchStatus(instance, { phase: "Running", conditions });
    },
  });
}

export function template(version = "1", spec: Partial<InstanceSpec> = {}): DeploymentInput["template"] {
  return {
    labels: { app: "web" },
    spec: { command: ["web"], env: { VERSION: version }, resources: { cpu: 100 }, ...spec },
  };
}

export async function addNode(
  client: ResourceClient,
  name: string,
  { cpu = 10_000, labels = {}, spec = {} }: { cpu?: number; labels?: Record<string, string>; spec?: object } = {},
): Promise<Node> {
  const node = await client.create(Node, { metadata: { name, labels }, spec });
  const ready = { type: "Ready", status: "True", reason: "AgentReady", message: "" } as const;
  return await client.patchStatus(node, { capacity: { cpu }, conditions: setCondition([], ready, new Date(0)) });
}

let renewals = 0;

/** What an agent does every ten seconds. */
export async function beat(client: ResourceClient, node: string): Promise<void> {
  renewals += 1;
  const spec = { holder: node, renewedAt: new Date(renewals).toISOString(), durationSeconds: 40 };
  await client.apply(NodeLease, { metadata: { name: node }, spec }, { manager: "agent" });
}

export async function deploy(
  client: ResourceClient,
  spec: Partial<DeploymentInput> = {},
  name = "web",
): Promise<Deployment> {
  return await client.create(Deployment, { metadata: { name }, spec: { template: template(), ...spec } });
}

export async function work(client: ResourceClient, spec: Partial<WorkloadInput> = {}, name = "web"): Promise<Workload> {
  return await client.create(Workload, {
    metadata: { name },
    spec: { selector: { app: "web" }, template: template(), ...spec },
  });
}

/** Changes an object's spec as it is now. */
export async function change(
  client: ResourceClient,
  edit: (spec: { -readonly [K in keyof Deployment["spec"]]: Deployment["spec"][K] }) => void,
  name = "web",
): Promise<void> {
  const deployment = await client.get(Deployment, name);
  if (deployment === undefined) return;
  await client.update(deployment, ({ spec }) => {
    edit(spec);
  });
}

export function isActive({ metadata, status }: Instance): boolean {
  return metadata.deletionTimestamp === undefined && status?.phase !== "Failed" && status?.phase !== "Succeeded";
}

export function isReady(instance: Instance): boolean {
  const { conditions = [] } = instance.status ?? {};
  return isActive(instance) && conditions.some(({ type, status }) => type === "Ready" && status === "True");
}
