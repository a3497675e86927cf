import type { ReconcileContext } from "../controllers/index.js";
import { isKeelsonError } from "../core/index.js";
import { isDeleting } from "../resources/index.js";
import { ignoreGone } from "./ignore-gone.js";
import { hasEnded, isActive, victimsFirst } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import type { Workload } from "./kinds/workload.js";
import { slowStart } from "./slow-start.js";

/** Creations and deletions in one go. */
const burst = 500;

/** What kept a Workload from being scaled. */
export interface ScaleFailure {
  readonly reason: "FailedCreate" | "FailedDelete";
  readonly error: unknown;
}

type Tools = Pick<ReconcileContext, "cache" | "client" | "now">;

/** Deletes what has ended for good, creates what is missing, or deletes what is too much. */
export async function scale(
  workload: Workload,
  instances: readonly Instance[],
  tools: Tools,
): Promise<ScaleFailure | undefined> {
  const active = instances.filter(isActive);
  const ended = instances.filter((instance) => hasEnded(instance) && !isDeleting(instance));
  const missing = workload.spec.replicas - active.length;
  const surplus = missing < 0 ? leastWanted(workload, active, Math.min(-missing, burst), tools.now()) : [];
  try {
    await remove([...ended, ...surplus].slice(0, burst), tools);
  } catch (error) {
    return { reason: "FailedDelete", error };
  }
  try {
    const names = freeNames(workload, Math.max(0, Math.min(missing, burst)), tools);
    await slowStart(names, (name) => create(workload, name, tools));
    return undefined;
  } catch (error) {
    return { reason: "FailedCreate", error };
  }
}

function leastWanted(
  { spec: { minReadySeconds } }: Workload,
  active: readonly Instance[],
  count: number,
  now: number,
): readonly Instance[] {
  return victimsFirst(active, { minReadySeconds, now }).slice(0, count);
}

/** All at once; those that are gone by themselves are as good as deleted. */
async function remove(instances: readonly Instance[], { client }: Tools): Promise<void> {
  const outcomes = await Promise.allSettled(instances.map((instance) => ignoreGone(client.delete(instance))));
  const failed = outcomes.find((outcome) => outcome.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function create(workload: Workload, name: string, { client }: Tools): Promise<void> {
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

/** The first names with an ordinal that no instance has, whoever's it is, those that are going included. */
function freeNames({ metadata: { name: owner, namespace } }: Workload, count: number, { cache }: Tools): string[] {
  const names: string[] = [];
  for (let ordinal = 0; names.length < count; ordinal += 1) {
    const name = `${owner}-${String(ordinal)}`;
    if (cache.get(Instance, { name, namespace }) === undefined) names.push(name);
  }
  return names;
}
