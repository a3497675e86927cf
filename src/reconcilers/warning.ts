import type { ReconcileContext } from "../controllers/index.js";
import type { Resource } from "../resources/index.js";

/** Says that something is wrong with an object, for the person who looks after it. */
export function warn({ log }: Pick<ReconcileContext, "log">, object: Resource, reason: string, message: string): void {
  log.warn({ kind: object.kind, object: object.metadata.name, reason }, message);
}
