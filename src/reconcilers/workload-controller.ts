import {
  type Controller,
  type ReconcileContext,
  type ReconcileResult,
  defineController,
  owns,
  watches,
} from "../controllers/index.js";
import { context as inContext, isKeelsonError } from "../core/index.js";
import { type ResourceClient, type ResourceKey, ownerOf } from "../resources/index.js";
import { availableIn, isActive, isReady, victimsFirst } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";
import { Workload } from "./kinds/workload.js";
import { agentFinalizer } from "./names.js";
import { slowStart } from "./slow-start.js";

/** Creations and deletions in one go. */
const burst = 500;

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
      await removeEnded(instances, context);
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

async function removeEnded(instances: readonly Instance[], { client, cache }: ReconcileContext): Promise<void> {
  for (const instance of instances) {
    const { nodeName } = instance.spec;
    const stranded = nodeName !== undefined && cache.get(Node, { name: nodeName }) === undefined;
    if (stranded && instance.metadata.finalizers.includes(agentFinalizer)) {
      await client.update(instance, ({ metadata }) => {
        metadata.finalizers = metadata.finalizers.filter((name) => name !== agentFinalizer);
      });
    }
    if ((stranded || !isActive(instance)) && instance.metadata.deletionTimestamp === undefined) {
      await ignoreGone(client.delete(instance));
    }
  }
}

async function scale(
  workload: Workload,
  instances: readonly Instance[],
  active: readonly Instance[],
  { client }: ReconcileContext,
): Promise<Error | undefined> {
  const missing = workload.spec.replicas - active.length;
  try {
    if (missing > 0) {
      const names = freeNames(workload.metadata.name, instances, Math.min(missing, burst));
      await slowStart(names, (name) => create(workload, name, client));
    } else if (missing < 0) {
      const victims = victimsFirst(active).slice(0, Math.min(-missing, burst));
      await Promise.all(victims.map((victim) => ignoreGone(client.delete(victim))));
    }
    return undefined;
  } catch (error) {
    return inContext(error, "while scaling");
  }
}

async function create(workload: Workload, name: string, client: ReconcileContext["client"]): Promise<void> {
  const { namespace } = workload.metadata;
  const { labels, spec } = workload.spec.template;
  try {
    await client.create(Instance, { metadata: { name, namespace, labels }, spec }, { owner: workload });
  } catch (error) {
    // The name is ours by construction: an earlier attempt of ours that we never heard back from counts as made.
    if (!isKeelsonError(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    const existing = await client.get(Instance, { name, namespace });
    if (existing?.metadata.ownerReferences.some(({ uid }) => uid === workload.metadata.uid) !== true) throw error;
  }
}

/** The first names with an ordinal that no instance has, those that are going included. */
function freeNames(owner: string, instances: readonly Instance[], count: number): string[] {
  const taken = new Set(instances.map(({ metadata }) => metadata.name));
  const names: string[] = [];
  for (let ordinal = 0; names.length < count; ordinal += 1) {
    const name = `${owner}-${String(ordinal)}`;
    if (!taken.has(name)) names.push(name);
  }
  return names;
}

async function report(
  workload: Workload,
  active: readonly Instance[],
  failure: Error | undefined,
  context: ReconcileContext,
): Promise<ReconcileResult | undefined> {
  const waits = active.map((instance) => availableIn(instance, workload.spec.minReadySeconds, context.now()));
  const soonest = Math.min(...waits.filter((ms) => ms > 0), Number.POSITIVE_INFINITY);
  await context.client.patchStatus(workload, {
    observedGeneration: workload.metadata.generation,
    replicas: active.length,
    readyReplicas: active.filter(isReady).length,
    availableReplicas: waits.filter((ms) => ms === 0).length,
  });
  if (failure !== undefined) throw failure;
  return soonest === Number.POSITIVE_INFINITY ? undefined : { requeueAfter: soonest };
}

/** A deletion that came too late is as good as one in time. */
async function ignoreGone(deletion: Promise<unknown>): Promise<void> {
  try {
    await deletion;
  } catch (error) {
    if (!isKeelsonError(error, "RESOURCE_NOT_FOUND")) throw error;
  }
}
