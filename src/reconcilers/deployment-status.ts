import type { ReconcileContext, ReconcileResult } from "../controllers/index.js";
import { type Condition, findCondition, setCondition } from "../resources/index.js";
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
  const isFirstLook = status?.observedGeneration !== metadata.generation || status.progressedAt === undefined;
  const progressedAt =
    isFirstLook || cameCloser(numbers, status) ? new Date(context.now()).toISOString() : status.progressedAt;
  const leftMs = Date.parse(progressedAt) + spec.progressDeadlineSeconds * 1_000 - context.now();
  const stands = isComplete(deployment, numbers) || (!isFirstLook && wasComplete(deployment));
  const verdicts = [availability(deployment, numbers), progress(deployment, { next, numbers, stands, leftMs })];
  const conditions = verdicts.reduce(
    (all, verdict) =>
      setCondition(all, { ...verdict, observedGeneration: metadata.generation }, new Date(context.now())),
    status?.conditions ?? [],
  );
  tellOfDeadline(deployment, conditions, context);
  await context.client.patchStatus(deployment, {
    ...numbers,
    unavailableReplicas: Math.max(0, spec.replicas - numbers.availableReplicas),
    observedGeneration: metadata.generation,
    progressedAt,
    conditions,
  });
  return stands || spec.paused || leftMs <= 0 ? undefined : { requeueAfter: leftMs };
}

/** Once, when it passes. */
function tellOfDeadline({ status }: Deployment, now: readonly Condition[], { event }: ReconcileContext): void {
  const { reason, message = "" } = findCondition(now, "Progressing") ?? {};
  const before = findCondition(status?.conditions, "Progressing")?.reason;
  if (reason === "ProgressDeadlineExceeded" && before !== reason) event("Warning", reason, message);
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

/** More of the present version, fewer of the old ones, or more that work. */
function cameCloser(now: Numbers, before: NonNullable<Deployment["status"]>): boolean {
  const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, availableReplicas = 0 } = before;
  return (
    now.updatedReplicas > updatedReplicas ||
    now.replicas - now.updatedReplicas < replicas - updatedReplicas ||
    now.readyReplicas > readyReplicas ||
    now.availableReplicas > availableReplicas
  );
}

function isComplete({ spec: { replicas } }: Deployment, numbers: Numbers): boolean {
  return numbers.updatedReplicas === replicas && numbers.replicas === replicas && numbers.availableReplicas >= replicas;
}

/** A roll-out that was complete stays so, whatever becomes of its instances: the deadline is for roll-outs. */
function wasComplete({ status }: Deployment): boolean {
  return findCondition(status?.conditions, "Progressing")?.reason === "NewReplicaSetAvailable";
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

/** Where a roll-out stands. */
interface Standing {
  readonly next: Workload | undefined;
  readonly numbers: Numbers;
  /** Whether it is complete. */
  readonly stands: boolean;
  /** Milliseconds until its deadline. */
  readonly leftMs: number;
}

function progress({ spec, status }: Deployment, { next, numbers, stands, leftMs }: Standing): Verdict {
  const type = "Progressing";
  if (stands) {
    const message = "every instance is of the present version and was available";
    return { type, status: "True", reason: "NewReplicaSetAvailable", message };
  }
  if (spec.paused) return { type, status: "Unknown", reason: "DeploymentPaused", message: "paused" };
  if (leftMs <= 0) {
    const message = `no progress for ${String(spec.progressDeadlineSeconds)} seconds`;
    return { type, status: "False", reason: "ProgressDeadlineExceeded", message };
  }
  const known = findCondition(status?.conditions, type)?.reason ?? "";
  const began = next === undefined ? "NewReplicaSetCreated" : "FoundNewReplicaSet";
  const isUnderWay = next !== undefined && beginnings.includes(known);
  const reason = !isUnderWay ? began : cameCloser(numbers, status ?? {}) ? "ReplicaSetUpdated" : known;
  return { type, status: "True", reason, message: "the roll-out is under way" };
}

/** What is said of a roll-out that has not come to its end. */
const beginnings: readonly string[] = ["NewReplicaSetCreated", "FoundNewReplicaSet", "ReplicaSetUpdated"];
