import type { Resource } from "../resources/index.js";
import type { Finalizer, ReconcileResult } from "./controller.js";
import type { ReconcileContext } from "./reconcile-context.js";

/**
 * Puts the finalizer on an object before its first reconcile, and takes it off once cleanup resolved.
 *
 * @returns the object to reconcile; or, where there is nothing to reconcile, when to look again, if ever.
 * @internal
 */
export async function applyFinalizer(
  finalizer: Finalizer<Resource>,
  resource: Resource,
  context: ReconcileContext,
): Promise<Resource | ReconcileResult | undefined> {
  const { name } = finalizer;
  const has = resource.metadata.finalizers.includes(name);
  if (resource.metadata.deletionTimestamp === undefined) {
    if (has) return resource;
    const updated = await context.client.update(resource, ({ metadata }, latest) => {
      // One that is being deleted by now takes no finalizer, and needs none: nothing was done for it yet.
      if (latest.metadata.deletionTimestamp !== undefined || metadata.finalizers.includes(name)) return;
      metadata.finalizers.push(name);
    });
    return updated.metadata.deletionTimestamp === undefined ? updated : undefined;
  }
  if (!has) return undefined;
  const again = await finalizer.cleanup(resource, context);
  if (again !== undefined) return again;
  await context.client.update(resource, ({ metadata }) => {
    metadata.finalizers = metadata.finalizers.filter((other) => other !== name);
  });
  return undefined;
}
