import { kill } from "node:process";
import { systemRuntime } from "keelson/core";
import { Deployment, Instance, Node } from "keelson/reconcilers";
import { type Mutable, type ResourceClient, findCondition } from "keelson/resources";

/** A convergence that did not come, and what was missing. */
export class NotConverged extends Error {
  override readonly name = "NotConverged";
}

/** What a step needs of its surroundings. */
export interface Stage {
  readonly client: ResourceClient;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** How long a step may go without progress, in milliseconds. */
  readonly limitMs: number;
}

/** One thing the quickstart shows: does something, and says what is missing until the cluster has come round. */
export interface Step {
  readonly title: string;
  act(stage: Stage): Promise<void>;
  missing(stage: Stage): Promise<string | undefined>;
}

const lookMs = 50;

/** Runs a step to its convergence; resolves with the milliseconds that took. */
export async function perform(step: Step, stage: Stage): Promise<number> {
  const runtime = systemRuntime();
  const start = runtime.now();
  await step.act(stage);
  let [before, since] = ["", start];
  for (;;) {
    const missing = await step.missing(stage);
    const now = runtime.now();
    if (missing === undefined) return now - start;
    if (missing !== before) [before, since] = [missing, now];
    if (now - since > stage.limitMs)
      throw new NotConverged(`${step.title}: for ${String(stage.limitMs / 1_000)} s, ${missing}`);
    await runtime.sleep(lookMs, { signal: stage.signal });
  }
}

/** The steps, in order. */
export function steps(deployments: readonly string[]): readonly Step[] {
  const victim: { name?: string; restarts?: number } = {};
  const [first = ""] = deployments;
  return [
    {
      title: "start what the manifest asks for",
      act: () => Promise.resolve(),
      missing: (stage) => unavailable(stage, deployments),
    },
    {
      title: `scale ${first} up by 2`,
      act: ({ client }) => change(client, first, (spec) => void (spec.replicas += 2)),
      missing: (stage) => unavailable(stage, deployments),
    },
    {
      title: "kill a process",
      act: async ({ client, say }) => {
        const running = (await client.list(Instance)).items.find(({ status }) => status?.pid !== undefined);
        if (running?.status?.pid === undefined) throw new NotConverged("kill a process: none runs");
        Object.assign(victim, { name: running.metadata.name, restarts: running.status.restarts ?? 0 });
        say(`  kill -9 ${String(running.status.pid)} (${running.metadata.name})`);
        kill(running.status.pid, "SIGKILL");
      },
      missing: async (stage) => {
        const again = await stage.client.get(Instance, victim.name ?? "");
        if ((again?.status?.restarts ?? 0) <= (victim.restarts ?? 0))
          return `${victim.name ?? "?"} was not started again`;
        return await unavailable(stage, deployments);
      },
    },
    {
      title: "drain a node",
      act: async ({ client, say }) => {
        const node = await busiestNode(client);
        say(`  drain ${node.metadata.name}`);
        await client.update(node, ({ spec }) => {
          spec.drain = true;
        });
      },
      missing: async (stage) => {
        const draining = (await stage.client.list(Node)).items.find(({ spec }) => spec.drain);
        const drained = findCondition(draining?.status?.conditions, "Drained");
        if (drained?.status !== "True") return `the node is not empty: ${drained?.message ?? "no word yet"}`;
        return await unavailable(stage, deployments);
      },
    },
    {
      title: `roll out a new version of ${first}`,
      act: ({ client }) =>
        change(client, first, ({ template }) => {
          template.spec.env = { ...template.spec.env, VERSION: "2" };
        }),
      missing: async (stage) =>
        (await unavailable(stage, deployments)) ?? (await answersOtherThan(stage.client, first, "version 2")),
    },
  ];
}

async function change(client: ResourceClient, name: string, edit: (spec: DraftSpec) => void): Promise<void> {
  const deployment = await client.get(Deployment, name);
  if (deployment === undefined) throw new NotConverged(`there is no Deployment ${name}`);
  await client.update(deployment, ({ spec }) => {
    edit(spec);
  });
}

type DraftSpec = Mutable<Deployment["spec"]>;

async function unavailable({ client }: Stage, names: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    const deployment = await client.get(Deployment, name);
    if (deployment === undefined) return `there is no Deployment ${name}`;
    const { spec, status, metadata } = deployment;
    const { availableReplicas = 0, updatedReplicas = 0, replicas = 0, observedGeneration } = status ?? {};
    if (observedGeneration !== metadata.generation) return `${name}: the change has not been looked at`;
    if (updatedReplicas < spec.replicas || availableReplicas < spec.replicas || replicas !== spec.replicas) {
      return `${name}: of ${String(spec.replicas)} instances ${String(updatedReplicas)} are of the present version, ${String(availableReplicas)} available, ${String(replicas)} there in all`;
    }
  }
  return undefined;
}

async function busiestNode(client: ResourceClient): Promise<Node> {
  const [{ items: nodes }, { items: instances }] = [await client.list(Node), await client.list(Instance)];
  const load = (node: Node): number => instances.filter(({ spec }) => spec.nodeName === node.metadata.name).length;
  const busiest = [...nodes].sort((a, b) => load(b) - load(a))[0];
  if (busiest === undefined) throw new NotConverged("drain a node: there is none");
  return busiest;
}

/** Asks every instance of a deployment itself, over HTTP. */
async function answersOtherThan(client: ResourceClient, app: string, wanted: string): Promise<string | undefined> {
  const { items } = await client.list(Instance, { labels: `app=${app}` });
  for (const { metadata, status } of items) {
    if (status?.port === undefined || metadata.deletionTimestamp !== undefined) continue;
    const url = `http://127.0.0.1:${String(status.port)}/`;
    const answer = await fetch(url).then((response) => response.text(), String);
    if (!answer.startsWith(wanted)) return `${metadata.name} answers ${JSON.stringify(answer.trim())}`;
  }
  return undefined;
}
