import type { ReconcileContext, ReconcileResult } from "../controllers/index.js";
import { type Condition, setCondition } from "../resources/index.js";
import type { Deployment } from "./kinds/deployment.js";
import type { Workload } from "./kinds/workload.js";
import { rolloutBounds } from "./rollout.js";

type Verdict = Omit<Condition, "lastTransitionTime">;

interface Numbers {
  readonly replicas: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

/**
 * Writes a Deployment's status, and says when its progress deadline comes.
 *
 * @internal
 */
export async function reportDeployment(
  deployment: Deployment,
  next: Workload | undefined,
  versions: readonly Workload[],
  context: ReconcileContext,
): Promise<ReconcileResult | undefined> {
  const { spec, metadata, status } = deployment;
  const numbers = add(next, versions);
  const complete =
    next !== undefined &&
    numbers.updatedReplicas === spec.replicas &&
    numbers.replicas === spec.replicas &&
    numbers.availableReplicas >= spec.replicas;
  const moved = Object.entries(numbers).some(([name, value]) => status?.[name as keyof Numbers] !== value);
  const changed = moved || status?.observedGeneration !== metadata.generation || status.progressedAt === undefined;
  const progressedAt = changed ? new Date(context.now()).toISOString() : status.progressedAt;
  const leftMs = Date.parse(progressedAt) + spec.progressDeadlineSeconds * 1_000 - context.now();
  const conditions = [availability(deployment, numbers), progress(deployment, complete, leftMs)].reduce(
    (all, condition) =>
      setCondition(all, { ...condition, observedGeneration: metadata.generation }, new Date(context.now())),
    status?.conditions ?? [],
  );
  await context.client.patchStatus(deployment, {
    ...numbers,
    unavailableReplicas: Math.max(0, spec.replicas - numbers.availableReplicas),
    observedGeneration: metadata.generation,
    progressedAt,
    conditions,
  });
  return complete || spec.paused || leftMs <= 0 ? undefined : { requeueAfter: leftMs };
}

function add(next: Workload | undefined, versions: readonly Workload[]): Numbers {
  const total = (of: (status: NonNullable<Workload["status"]>) => number | undefined): number =>
    versions.reduce((sum, { status }) => sum + (status === undefined ? 0 : (of(status) ?? 0)), 0);
  return {
    replicas: total(({ replicas }) => replicas),
    updatedReplicas: next?.status?.replicas ?? 0,
    readyReplicas: total(({ readyReplicas }) => readyReplicas),
    availableReplicas: total(({ availableReplicas }) => availableReplicas),
  };
}

function availability({ spec }: Deployment, { availableReplicas }: Numbers): Verdict {
  const enough = availableReplicas >= spec.replicas - rolloutBounds(spec.strategy, spec.replicas).unavailable;
  return {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: `${String(availableReplicas)} of ${String(spec.replicas)} instances are available`,
  };
}

function progress({ spec }: Deployment, complete: boolean, leftMs: number): Verdict {
  const type = "Progressing";
  if (complete) {
    const message = "every instance is of the present version and available";
    return { type, status: "True", reason: "NewReplicaSetAvailable", message };
  }
  if (spec.paused) return { type, status: "Unknown", reason: "DeploymentPaused", message: "paused" };
  if (leftMs > 0) return { type, status: "True", reason: "ReplicaSetUpdated", message: "the roll-out is under way" };
  const message = `no progress for ${String(spec.progressDeadlineSeconds)} seconds`;
  return { type, status: "False", reason: "ProgressDeadlineExceeded", message };
}
