import { type Controller, type ReconcileContext, defineController, owns } from "../controllers/index.js";
import { reportDeployment } from "./deployment-status.js";
import { Deployment } from "./kinds/deployment.js";
import { Workload } from "./kinds/workload.js";
import { revisionAnnotation, templateHashLabel } from "./names.js";
import { type VersionCounts, rolloutBounds, rolloutStep } from "./rollout.js";
import { templateHash } from "./template-hash.js";

/**
 * Replaces one version of a Deployment by the next within its surge and unavailable bounds, one Workload a version.
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
    concurrency: 5,
    triggers: [owns(Workload)],
    async reconcile(deployment, context) {
      if (deployment.metadata.deletionTimestamp !== undefined) return undefined;
      const versions = [...context.owned(Workload)].sort((a, b) => revisionOf(a) - revisionOf(b));
      const hash = templateHash(deployment.spec.template);
      const next = versions.find(({ metadata }) => metadata.labels[templateHashLabel] === hash);
      const old = versions.filter((version) => version !== next);
      if (deployment.spec.paused) await keepTotal(deployment, versions, context);
      else if (next === undefined) await createVersion(deployment, hash, versions, context);
      else await advance(deployment, next, old, versions, context);
      return await reportDeployment(deployment, next, versions, context);
    },
  });
}

async function createVersion(
  deployment: Deployment,
  hash: string,
  versions: readonly Workload[],
  { client }: ReconcileContext,
): Promise<void> {
  const { template, minReadySeconds } = deployment.spec;
  const labels = { ...template.labels, [templateHashLabel]: hash };
  const revision = String(1 + Math.max(0, ...versions.map(revisionOf)));
  await client.create(
    Workload,
    {
      metadata: {
        name: `${deployment.metadata.name}-${hash}`,
        namespace: deployment.metadata.namespace,
        labels,
        annotations: { [revisionAnnotation]: revision },
      },
      spec: { replicas: 0, selector: labels, template: { ...template, labels }, minReadySeconds },
    },
    { owner: deployment },
  );
}

async function advance(
  deployment: Deployment,
  next: Workload,
  old: readonly Workload[],
  versions: readonly Workload[],
  context: ReconcileContext,
): Promise<void> {
  const newest = Math.max(0, ...old.map(revisionOf));
  if (revisionOf(next) < newest) {
    await context.client.update(next, ({ metadata }) => {
      metadata.annotations[revisionAnnotation] = String(newest + 1);
    });
    return;
  }
  const { replicas, strategy } = deployment.spec;
  const recreate = strategy.type === "Recreate";
  if (recreate && old.some((version) => version.spec.replicas > 0 || (version.status?.replicas ?? 0) > 0)) {
    for (const version of old) await scaleTo(version, 0, context);
    return;
  }
  const step = rolloutStep(replicas, rolloutBounds(strategy, replicas), countsOf(next), old.map(countsOf));
  if (step.kind === "scale-new") await scaleTo(next, step.replicas, context);
  if (step.kind === "scale-old") {
    for (const [index, version] of old.entries()) await scaleTo(version, step.replicas[index] ?? 0, context);
  }
  if (countsOf(next).available >= replicas) await forgetHistory(deployment, old, versions, context);
}

/** While paused, a change of the number goes to the largest version: no roll-out, but scaling. */
async function keepTotal(
  deployment: Deployment,
  versions: readonly Workload[],
  context: ReconcileContext,
): Promise<void> {
  const largest = [...versions].sort((a, b) => b.spec.replicas - a.spec.replicas)[0];
  if (largest === undefined) return;
  const others = versions.reduce((total, version) => total + (version === largest ? 0 : version.spec.replicas), 0);
  await scaleTo(largest, Math.max(0, deployment.spec.replicas - others), context);
}

async function scaleTo(workload: Workload, replicas: number, { client }: ReconcileContext): Promise<void> {
  if (workload.spec.replicas === replicas) return;
  await client.update(workload, ({ spec }) => {
    spec.replicas = replicas;
  });
}

async function forgetHistory(
  { spec }: Deployment,
  old: readonly Workload[],
  versions: readonly Workload[],
  { client }: ReconcileContext,
): Promise<void> {
  const empty = old.filter(
    ({ spec: { replicas }, status, metadata }) =>
      replicas === 0 &&
      status?.replicas === 0 &&
      status.observedGeneration === metadata.generation &&
      metadata.deletionTimestamp === undefined,
  );
  const excess = versions.length - 1 - spec.revisionHistoryLimit;
  for (const version of empty.slice(0, Math.max(0, excess))) await client.delete(version);
}

function countsOf({ spec, status }: Workload): VersionCounts {
  return { wanted: spec.replicas, available: status?.availableReplicas ?? 0 };
}

function revisionOf({ metadata }: Workload): number {
  return Number(metadata.annotations[revisionAnnotation] ?? 0);
}
