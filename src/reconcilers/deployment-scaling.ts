import type { ReconcileContext } from "../controllers/index.js";
import { ignoreGone } from "./ignore-gone.js";
import type { Deployment } from "./kinds/deployment.js";
import type { Workload } from "./kinds/workload.js";
import { desiredReplicasAnnotation, maxReplicasAnnotation } from "./names.js";
import { scaleProportionally } from "./proportional-scale.js";
import { rolloutBounds } from "./rollout.js";

/** What a version is told of its Deployment whenever it is scaled, so that a change of the number can be told apart. */
export function scaleAnnotations({ spec }: Deployment): Readonly<Record<string, string>> {
  return {
    [desiredReplicasAnnotation]: String(spec.replicas),
    [maxReplicasAnnotation]: String(allowed(spec)),
  };
}

/** How many instances there may be of all versions together. */
function allowed({ replicas, strategy }: Deployment["spec"]): number {
  return replicas === 0 ? 0 : replicas + rolloutBounds(strategy, replicas).surge;
}

/** Whether the Deployment wants another number than when its versions were last scaled. */
export function isScaled({ spec }: Deployment, versions: readonly Workload[]): boolean {
  return versions.some(
    (version) =>
      version.spec.replicas > 0 &&
      Number(version.metadata.annotations[desiredReplicasAnnotation] ?? spec.replicas) !== spec.replicas,
  );
}

/**
 * Follows a change of the wanted number without rolling anything out: the only version with instances has them all, or
 * else each gets its share.
 */
export async function followScale(
  deployment: Deployment,
  next: Workload | undefined,
  versions: readonly Workload[],
  context: Pick<ReconcileContext, "client">,
): Promise<void> {
  const { replicas, strategy } = deployment.spec;
  const active = versions.filter(({ spec }) => spec.replicas > 0);
  const only = active.length > 1 ? undefined : (active[0] ?? next ?? versions.at(-1));
  if (only !== undefined) {
    await scaleTo(deployment, only, replicas, context);
    return;
  }
  if (strategy.type === "Recreate") return;
  const shares = active.map(({ spec, status, metadata }) => ({
    replicas: spec.replicas,
    ofAll: Number(metadata.annotations[maxReplicasAnnotation] ?? status?.replicas ?? replicas),
  }));
  const sizes = scaleProportionally(shares, allowed(deployment.spec));
  for (const [index, version] of active.entries()) await scaleTo(deployment, version, sizes[index] ?? 0, context);
}

/** Scales one version. */
export async function scaleTo(
  deployment: Deployment,
  version: Workload,
  replicas: number,
  { client }: Pick<ReconcileContext, "client">,
): Promise<void> {
  const annotations = scaleAnnotations(deployment);
  const isTold = Object.entries(annotations).every(([key, value]) => version.metadata.annotations[key] === value);
  if (version.spec.replicas === replicas && (isTold || replicas === 0)) return;
  const scale = client.update(version, ({ metadata, spec }) => {
    Object.assign(metadata.annotations, annotations);
    spec.replicas = replicas;
  });
  await ignoreGone(scale);
}
