import {
  type Controller,
  type ReconcileContext,
  type ReconcileResult,
  defineController,
  owns,
  watches,
} from "../controllers/index.js";
import { type ResourceClient, type ResourceKey, findCondition, ownerOf, setCondition } from "../resources/index.js";
import { availableIn, isActive, isReady } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";
import { Workload } from "./kinds/workload.js";
import { agentFinalizer } from "./names.js";
import { ignoreGone } from "./ignore-gone.js";
import { type ScaleFailure, scale } from "./workload-scaling.js";

/**
 * Keeps as many instances as each Workload asks for: creates what is missing, deletes what is too much, has ended for
 * good, or was on a node that is gone.
 *
 * @example
 * ```ts
 * import { workloadController } from "keelson/reconcilers";
 *
 * workloadController().name // => "workload"
 * ```
 */
export function workloadController(): Controller {
  return defineController({
    for: Workload,
    concurrency: 5,
    triggers: [owns(Instance), watches(Node, ownersOfInstancesOn, { when: ({ type }) => type === "deleted" })],
    async reconcile(workload, context) {
      if (workload.metadata.deletionTimestamp !== undefined) return undefined;
      const instances = context.owned(Instance);
      for (const instance of instances) await removeEnded(instance, context);
      const active = instances.filter(isActive);
      const failure = await scale(workload, instances, active, context);
      return await report(workload, active, failure, context);
    },
  });
}

async function ownersOfInstancesOn(
  node: Node,
  { client }: { readonly client: ResourceClient },
): Promise<readonly ResourceKey[]> {
  const { items } = await client.list(Instance, { fields: { nodeName: node.metadata.name } });
  return items.flatMap((instance) => {
    const owner = ownerOf(instance);
    return owner === undefined ? [] : [{ name: owner.name, namespace: instance.metadata.namespace }];
  });
}

async function removeEnded(instance: Instance, context: ReconcileContext): Promise<void> {
  const { client } = context;
  const stranded = await isStranded(instance, context);
  if (stranded && instance.metadata.finalizers.includes(agentFinalizer)) {
    const release = client.update(instance, ({ metadata }) => {
      metadata.finalizers = metadata.finalizers.filter((name) => name !== agentFinalizer);
    });
    await ignoreGone(release);
  }
  if ((stranded || !isActive(instance)) && instance.metadata.deletionTimestamp === undefined) {
    await ignoreGone(client.delete(instance));
  }
}

/** Whether its node is gone; the cache of nodes may be behind that of instances, so its word is not enough. */
async function isStranded({ spec: { nodeName } }: Instance, { client, cache }: ReconcileContext): Promise<boolean> {
  if (nodeName === undefined || cache.get(Node, { name: nodeName }) !== undefined) return false;
  return (await client.get(Node, { name: nodeName })) === undefined;
}

async function report(
  workload: Workload,
  active: readonly Instance[],
  failure: ScaleFailure | undefined,
  context: ReconcileContext,
): Promise<ReconcileResult | undefined> {
  const waits = active.map((instance) => availableIn(instance, workload.spec.minReadySeconds, context.now()));
  const soonest = Math.min(...waits.filter((ms) => ms > 0), Number.POSITIVE_INFINITY);
  await context.client.patchStatus(workload, {
    observedGeneration: workload.metadata.generation,
    replicas: active.length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: waits.filter((ms) => ms === 0).length,
    ...failureCondition(workload, failure, context.now()),
  });
  if (failure !== undefined) throw failure.error;
  return soonest === Number.POSITIVE_INFINITY ? undefined : { requeueAfter: soonest };
}

/** The condition `ReplicaFailure`; a Workload that never failed has none. */
function failureCondition(
  { status }: Workload,
  failure: ScaleFailure | undefined,
  now: number,
): Pick<NonNullable<Workload["status"]>, "conditions"> {
  const type = "ReplicaFailure";
  const known = findCondition(status?.conditions, type);
  if (failure === undefined && known?.status !== "True") return {};
  const message = failure === undefined ? "the last attempt succeeded" : messageOf(failure.error);
  const verdict = { type, status: failure === undefined ? "False" : "True", message } as const;
  return { conditions: setCondition([], { ...verdict, reason: failure?.reason ?? "Scaled" }, new Date(now)) };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
