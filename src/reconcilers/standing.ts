import { type Kind, type Resource, type ResourceClient, isDeleting } from "../resources/index.js";

/**
 * Whether an owner is still there, and is to stay, as the store has it: asked before anything is made, taken or deleted
 * in its name, as the cache may not have seen its end.
 *
 * @remarks Kubernetes' `RecheckDeletionTimestamp` (`controller_ref_manager.go`).
 * @internal
 */
export async function isStanding<Spec, Status>(
  kind: Kind<Spec, Status, unknown>,
  { metadata }: Resource,
  client: ResourceClient,
): Promise<boolean> {
  const live = await client.get(kind, metadata);
  return live?.metadata.uid === metadata.uid && !isDeleting(live);
}
