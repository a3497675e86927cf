import type { ReconcileContext } from "../controllers/index.js";
import { isKeelsonError } from "../core/index.js";
import { scaleAnnotations } from "./deployment-scaling.js";
import { Deployment } from "./kinds/deployment.js";
import type { InstanceTemplate } from "./kinds/instance-spec.js";
import { Workload } from "./kinds/workload.js";
import { revisionAnnotation, templateHashLabel } from "./names.js";
import { isStanding } from "./standing.js";
import { canonical, templateHash } from "./template-hash.js";

/** The number of a version; it only grows. */
export function revisionOf({ metadata }: Workload): number {
  return Number(metadata.annotations[revisionAnnotation] ?? 0);
}

/** A Deployment's versions, oldest first; those that are going are none any more. */
export function versionsOf({ owned }: Pick<ReconcileContext, "owned">): readonly Workload[] {
  return owned(Workload)
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .sort((a, b) => revisionOf(a) - revisionOf(b));
}

/** The version with the Deployment's template. Templates are compared, not hashes: two hashes may be equal by chance. */
export function presentVersion({ spec }: Deployment, versions: readonly Workload[]): Workload | undefined {
  const wanted = canonical(spec.template);
  return versions.find((version) => canonical(templateOf(version)) === wanted);
}

/** The template that a version was made from. */
export function templateOf({ spec, metadata }: Workload): InstanceTemplate {
  const hash = metadata.labels[templateHashLabel];
  const labels = Object.entries(spec.template.labels).filter(
    ([key, value]) => key !== templateHashLabel || value !== hash,
  );
  return { ...spec.template, labels: Object.fromEntries(labels) };
}

/** Makes the Workload of the present template; when its name is taken, the next attempt will use another. */
export async function createVersion(
  deployment: Deployment,
  versions: readonly Workload[],
  replicas: number,
  { client }: Pick<ReconcileContext, "client">,
): Promise<void> {
  if (!(await isStanding(Deployment, deployment, client))) return;
  const { template, minReadySeconds } = deployment.spec;
  const { name, namespace } = deployment.metadata;
  const collisions = deployment.status?.collisionCount ?? 0;
  const hash = templateHash(template, collisions);
  const labels = { ...template.labels, [templateHashLabel]: hash };
  const revision = String(1 + Math.max(0, ...versions.map(revisionOf)));
  const annotations = { [revisionAnnotation]: revision, ...scaleAnnotations(deployment) };
  const metadata = { name: `${name}-${hash}`, namespace, labels, annotations };
  const spec = { replicas, selector: labels, template: { ...template, labels }, minReadySeconds };
  try {
    await client.create(Workload, { metadata, spec }, { owner: deployment });
  } catch (error) {
    if (!isKeelsonError(error, "RESOURCE_ALREADY_EXISTS")) throw error;
    const taken = await client.get(Workload, metadata);
    // An earlier attempt of ours that we never heard back from counts as made.
    const isOurs = taken?.metadata.ownerReferences.some(({ uid }) => uid === deployment.metadata.uid) === true;
    if (taken !== undefined && isOurs && presentVersion(deployment, [taken]) !== undefined) return;
    await client.patchStatus(deployment, { collisionCount: collisions + 1 });
    throw error;
  }
}
