import { type Controller, type ReconcileContext, defineController, owns, watches } from "../controllers/index.js";
import { type ResourceKey, ownerOf } from "../resources/index.js";
import { followScale, isScaled, scaleTo } from "./deployment-scaling.js";
import { reportDeployment } from "./deployment-status.js";
import { ignoreGone } from "./ignore-gone.js";
import { Deployment } from "./kinds/deployment.js";
import { Instance } from "./kinds/instance.js";
import { Workload } from "./kinds/workload.js";
import { revisionAnnotation, templateHashLabel } from "./names.js";
import { rollBack } from "./rollback.js";
import { type VersionCounts, rolloutBounds, rolloutStep } from "./rollout.js";
import { createVersion, presentVersion, revisionOf, versionsOf } from "./versions.js";

/**
 * Replaces one version of a Deployment by the next within its surge and unavailable bounds, one Workload a version.
 *
 * @remarks
 * It moves one step at a time, and waits until every Workload has carried out the last: so the bounds hold for the
 * instances that there are, not only for those that are asked for.
 *
 * @example
 * ```ts
 * import { deploymentController } from "keelson/reconcilers";
 *
 * deploymentController().name // => "deployment"
 * ```
 */
export function deploymentController(): Controller {
  return defineController({
    for: Deployment,
    batch: 10,
    concurrency: 5,
    triggers: [owns(Workload), watches(Instance, deploymentOf, { when: ({ type }) => type === "deleted" })],
    async reconcile(deployment, context) {
      const versions = versionsOf(context);
      const next = presentVersion(deployment, versions);
      if (deployment.metadata.deletionTimestamp === undefined) {
        if (deployment.spec.rollbackTo !== undefined) {
          await rollBack(deployment, next, versions, context);
          return undefined; // what it has written wakes it
        }
        await act(deployment, next, versions, context);
      }
      return await reportDeployment(deployment, next, versions, context);
    },
  });
}

async function act(
  deployment: Deployment,
  next: Workload | undefined,
  versions: readonly Workload[],
  context: ReconcileContext,
): Promise<void> {
  const { paused, strategy } = deployment.spec;
  const old = versions.filter((version) => version !== next);
  if (await renumber(deployment, next, old, context)) return;
  if (!paused && strategy.type === "Recreate" && (await emptied(deployment, old, context)) === "not-yet") return;
  if (!versions.every(isCarriedOut)) return;
  if (paused || isScaled(deployment, versions)) await followScale(deployment, next, versions, context);
  else await advance(deployment, next, old, context);
}

/**
 * The Deployment of an instance, by the name of its Workload: the last of a version's instances may let the next begin.
 */
function deploymentOf(instance: Instance): readonly ResourceKey[] {
  const { labels, namespace } = instance.metadata;
  const owner = ownerOf(instance)?.name;
  const suffix = `-${labels[templateHashLabel] ?? ""}`;
  return owner?.endsWith(suffix) === true ? [{ name: owner.slice(0, -suffix.length), namespace }] : [];
}

/** A version that is the present one again has the highest number; each has the present `minReadySeconds`. */
async function renumber(
  { spec: { minReadySeconds, paused } }: Deployment,
  next: Workload | undefined,
  old: readonly Workload[],
  { client }: ReconcileContext,
): Promise<boolean> {
  if (next === undefined || paused) return false;
  const newest = Math.max(0, ...old.map(revisionOf));
  const isOutdated = revisionOf(next) < newest;
  if (!isOutdated && next.spec.minReadySeconds === minReadySeconds) return false;
  await client.update(next, ({ metadata, spec }) => {
    if (isOutdated) metadata.annotations[revisionAnnotation] = String(newest + 1);
    spec.minReadySeconds = minReadySeconds;
  });
  return true;
}

async function advance(
  deployment: Deployment,
  next: Workload | undefined,
  old: readonly Workload[],
  context: ReconcileContext,
): Promise<void> {
  const { replicas, strategy } = deployment.spec;
  const counts = next === undefined ? { wanted: 0, available: 0 } : countsOf(next);
  const step = rolloutStep(replicas, rolloutBounds(strategy, replicas), counts, old.map(countsOf));
  if (next === undefined) {
    await createVersion(deployment, old, step.kind === "scale-new" ? step.replicas : 0, context);
    return;
  }
  if (step.kind === "scale-new") await scaleTo(deployment, next, step.replicas, context);
  if (step.kind === "scale-old") {
    for (const [index, version] of old.entries()) {
      await scaleTo(deployment, version, step.replicas[index] ?? 0, context);
    }
  }
  if (step.kind === "nothing" && counts.available >= replicas) await forgetHistory(deployment, old, context);
}

/** Whether the Workload has seen its spec, and has no more instances than it says. */
function isCarriedOut({ spec, status, metadata }: Workload): boolean {
  return status?.observedGeneration === metadata.generation && (status.replicas ?? 0) <= spec.replicas;
}

/** Ends every instance of the old versions. Those that are still ending count: the next version must not meet them. */
async function emptied(
  deployment: Deployment,
  old: readonly Workload[],
  context: ReconcileContext,
): Promise<"empty" | "not-yet"> {
  for (const version of old) await scaleTo(deployment, version, 0, context);
  if (old.some((version) => version.spec.replicas > 0 || !isCarriedOut(version))) return "not-yet";
  for (const { metadata, spec } of old) {
    const labels = Object.entries(spec.selector).map(([key, value]) => `${key}=${value}`);
    const { items } = await context.client.list(Instance, {
      namespace: metadata.namespace,
      labels: labels.join(","),
    });
    if (items.some((instance) => ownerOf(instance)?.uid === metadata.uid)) return "not-yet";
  }
  return "empty";
}

/** Once a roll-out is complete, deletes the oldest versions beyond the limit. */
async function forgetHistory(
  { spec }: Deployment,
  old: readonly Workload[],
  { client }: ReconcileContext,
): Promise<void> {
  const isEmpty = (version: Workload): boolean =>
    isCarriedOut(version) && version.spec.replicas === 0 && version.status?.replicas === 0;
  if (!old.every(isEmpty)) return;
  const excess = Math.max(0, old.length - spec.revisionHistoryLimit);
  for (const version of old.slice(0, excess)) await ignoreGone(client.delete(version));
}

function countsOf({ spec, status }: Workload): VersionCounts {
  return { wanted: spec.replicas, available: status?.availableReplicas ?? 0 };
}
