import type { ReconcileContext } from "../controllers/index.js";
import { isKeelsonError } from "../core/index.js";
import { ignoreGone } from "./ignore-gone.js";
import { victimsFirst } from "./instances.js";
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

type Tools = Pick<ReconcileContext, "client" | "now">;

/** Creates what is missing, or deletes what is too much. */
export async function scale(
  workload: Workload,
  instances: readonly Instance[],
  active: readonly Instance[],
  tools: Tools,
): Promise<ScaleFailure | undefined> {
  const missing = workload.spec.replicas - active.length;
  try {
    if (missing > 0) {
      const names = freeNames(workload.metadata.name, instances, Math.min(missing, burst));
      await slowStart(names, (name) => create(workload, name, tools));
    } else if (missing < 0) {
      const available = { minReadySeconds: workload.spec.minReadySeconds, now: tools.now() };
      const victims = victimsFirst(active, available).slice(0, Math.min(-missing, burst));
      const outcomes = await Promise.allSettled(victims.map((victim) => ignoreGone(tools.client.delete(victim))));
      const failed = outcomes.find((outcome) => outcome.status === "rejected");
      if (failed !== undefined) throw failed.reason;
    }
    return undefined;
  } catch (error) {
    return { reason: missing > 0 ? "FailedCreate" : "FailedDelete", error };
  }
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
