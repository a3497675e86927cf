import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deployment, Instance, Node } from "keelson/reconcilers";
import { InvalidResourceError, type ResourceClient, isConditionTrue, waitFor } from "keelson/resources";
import type { Manifest } from "./manifest.js";
import { type Surroundings, controlPlane, nodeAgent } from "./parts.js";

/** A control plane and its agents, in this process. */
export interface Cluster {
  readonly client: ResourceClient;
  /** Rejects if a part fails by itself. */
  readonly failed: Promise<never>;
  /** Ends the agents and with them every instance, then the control plane. */
  stop(): Promise<void>;
}

/** Starts a control plane, and an agent for each of the manifest's nodes, on one store. */
export async function startCluster(surroundings: Surroundings, { nodes }: Manifest): Promise<Cluster> {
  const stateDir = await mkdtemp(join(tmpdir(), "keelson-quickstart-"));
  const manager = controlPlane(surroundings);
  const agents = nodes.map((node) => nodeAgent(surroundings, node, stateDir));
  const [stopAgents, stopManager] = [new AbortController(), new AbortController()];
  const agentsDone = Promise.all(agents.map((agent) => agent.run(stopAgents.signal)));
  const managerDone = manager.run(stopManager.signal);
  await nodesReady(manager.client, nodes);
  return {
    client: manager.client,
    failed: Promise.all([agentsDone, managerDone]).then(() => new Promise<never>(() => undefined)),
    async stop() {
      stopManager.abort(new Error("the quickstart ends")); // first, or it would replace what the agents stop
      await managerDone;
      stopAgents.abort(new Error("the quickstart ends"));
      await agentsDone;
      await rm(stateDir, { recursive: true, force: true });
    },
  };
}

/** Waits for the manifest's nodes, and takes back what an earlier run drained. */
async function nodesReady(client: ResourceClient, nodes: Manifest["nodes"]): Promise<void> {
  for (const { name } of nodes) {
    const node = await waitFor(client, Node, name, ({ status }) => isConditionTrue(status?.conditions, "Ready"), {
      timeout: "30s",
    });
    if (node.spec.drain) {
      await client.update(node, ({ spec }) => {
        spec.drain = false;
      });
    }
  }
}

/** Applies the manifest's deployments; returns a line for each thing that is wrong, and applies the rest. */
export async function applyManifest(
  client: ResourceClient,
  { deployments }: Manifest,
  file: string,
): Promise<string[]> {
  const problems: string[] = [];
  for (const [index, { name, spec }] of deployments.entries()) {
    try {
      await client.apply(Deployment, { metadata: { name }, spec }, { manager: "quickstart" });
    } catch (error) {
      if (!(error instanceof InvalidResourceError)) throw error;
      for (const { path, message } of error.issues) {
        problems.push(`${file}: deployments[${String(index)}].${path}: ${message}`);
      }
    }
  }
  return problems;
}

/** What keeps instances from running, in the manifest's own terms: one line a problem. */
export async function explainInstances(
  client: ResourceClient,
  { deployments }: Manifest,
  file: string,
): Promise<string[]> {
  const { items } = await client.list(Instance);
  const lines = items.flatMap(({ metadata, status }) => {
    const index = deployments.findIndex(({ name }) => metadata.name.startsWith(`${name}-`));
    const unmet = status?.conditions?.find(({ status: met }) => met === "False");
    if (unmet === undefined) return [];
    const where = unmet.message.replace(/^spec\./, `deployments[${String(index)}].spec.template.spec.`);
    return [`${file}: ${where} (${metadata.name}: ${unmet.type} is False, ${unmet.reason})`];
  });
  return [...new Set(lines)];
}
