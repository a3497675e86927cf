import {
  type Controller,
  type ReconcileContext,
  type ReconcileResult,
  defineController,
  owns,
  watches,
  when,
} from "../controllers/index.js";
import { findCondition, isDeleting, setCondition } from "../resources/index.js";
import { Orphans, adopt, hasLabels, selectorOf } from "./adoption.js";
import { availableIn, isActive } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import { Workload } from "./kinds/workload.js";
import { isStanding } from "./standing.js";
import { type ScaleFailure, scale } from "./workload-scaling.js";

/**
 * Keeps as many instances as each Workload asks for: creates what is missing, deletes what is too much or has ended for
 * good, takes over orphans with its labels and gives up what has lost them.
 *
 * @remarks Kubernetes' replica set controller (`replica_set.go`), with names that are known before they are created.
 *
 * @example
 * ```ts
 * import { workloadController } from "keelson/reconcilers";
 *
 * workloadController().name // => "workload"
 * ```
 */
export function workloadController(): Controller {
  const orphans = new Orphans();
  return defineController({
    for: Workload,
    when: when.any(when.generationChanged, when.labelsChanged),
    batch: 10,
    concurrency: 5,
    triggers: [owns(Instance), watches(Instance, (instance, { client }) => orphans.suitors(instance, client))],
    async reconcile(workload, context) {
      const owned = context.owned(Instance);
      if (isDeleting(workload)) return await report(workload, owned.filter(isActive), undefined, context);
      const found = orphans.take(workload, context);
      const isSettled = found.length === 0 && hasAll(workload, owned);
      if (!isSettled && !(await isStanding(Workload, workload, context.client))) return undefined;
      const instances = await adopt(workload, owned, found, context);
      const failure = await scale(workload, instances, context);
      return await report(workload, instances.filter(isActive), failure, context);
    },
    onGone: (key) => {
      orphans.forget(key);
    },
  });
}

/** Whether nothing is to be made, taken, given up or deleted. */
function hasAll(workload: Workload, owned: readonly Instance[]): boolean {
  const present = owned.filter((instance) => !isDeleting(instance));
  const isSelected = selectorOf(workload);
  return (
    present.length === workload.spec.replicas && present.every((instance) => isActive(instance) && isSelected(instance))
  );
}

async function report(
  workload: Workload,
  active: readonly Instance[],
  failure: ScaleFailure | undefined,
  context: ReconcileContext,
): Promise<ReconcileResult | undefined> {
  const now = context.now();
  let [readyReplicas, availableReplicas, soonest] = [0, 0, Number.POSITIVE_INFINITY];
  for (const instance of active) {
    const left = availableIn(instance, workload.spec.minReadySeconds, now);
    if (left < Number.POSITIVE_INFINITY) readyReplicas += 1;
    if (left === 0) availableReplicas += 1;
    else soonest = Math.min(soonest, left);
  }
  await context.client.patchStatus(workload, {
    observedGeneration: workload.metadata.generation,
    replicas: active.length,
    fullyLabeledReplicas: active.filter(hasLabels(workload.spec.template.labels)).length,
    readyReplicas,
    availableReplicas,
    ...failureCondition(workload, failure, now),
  });
  if (failure !== undefined) {
    context.event("Warning", failure.reason, messageOf(failure.error));
    throw failure.error;
  }
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
