import type { ReconcileContext } from "../controllers/index.js";
import type { Mutable } from "../resources/index.js";
import type { Deployment } from "./kinds/deployment.js";
import type { Workload } from "./kinds/workload.js";
import { templateOf, revisionOf } from "./versions.js";

/**
 * Gives a Deployment the template of an earlier revision, which is then rolled out like any other; the request goes with
 * it. A revision that is not kept, or is the present one, changes nothing but that.
 */
export async function rollBack(
  deployment: Deployment,
  next: Workload | undefined,
  versions: readonly Workload[],
  context: Pick<ReconcileContext, "client" | "event">,
): Promise<void> {
  const wanted = deployment.spec.rollbackTo?.revision ?? 0;
  const version =
    wanted === 0
      ? versions.filter((each) => each !== next).at(-1)
      : versions.find((each) => revisionOf(each) === wanted);
  if (version === undefined) {
    context.event("Warning", "RollbackRevisionNotFound", `revision ${String(wanted)} is not kept`);
  }
  await context.client.update(deployment, ({ spec }) => {
    delete spec.rollbackTo;
    if (version !== undefined && version !== next) {
      spec.template = structuredClone(templateOf(version)) as Mutable<Deployment["spec"]["template"]>;
    }
  });
}
