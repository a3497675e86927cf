import { AmbiguousResultError } from "../store/index.js";
import type { ClientContext } from "./client-context.js";
import { putObject } from "./commit.js";
import { checkDraft, draftIssues, metadataIssues, refuseIssues, validSpec, writableMeta } from "./draft.js";
import { AlreadyExistsError } from "./errors.js";
import type { Kind } from "./kind.js";
import { resolveKey } from "./object-key.js";
import { readObject } from "./object-read.js";
import { ownerReference, withOwner } from "./owner.js";
import type { CreateOptions } from "./resource-client.js";
import type { Resource, ResourceDraft, ResourceKey } from "./resource.js";
import { newObject } from "./transitions.js";

/** Creates an object. */
export async function createObject(
  context: ClientContext,
  kind: Kind,
  draft: ResourceDraft<unknown>,
  options: CreateOptions = {},
): Promise<Resource> {
  const { owner, dryRun = false, signal, unchanged } = options;
  signal?.throwIfAborted();
  checkDraft(draft);
  const key = resolveKey(kind, draft.metadata);
  const meta = writableMeta(ownedMeta(draft, owner));
  refuseIssues(kind, key, [...draftIssues(kind, draft), ...metadataIssues(meta), ...ownerScopeIssues(key, owner)]);
  const spec = await validSpec(kind, key, draft.spec);
  const { runtime } = context;
  const now = new Date(runtime.wallNow()).toISOString();
  const resource = newObject(kind, key, meta, spec, { uid: runtime.id(), now });
  await context.admission.ask("create", resource);
  if (dryRun) {
    if ((await readObject(context, kind, key, { signal })) !== undefined) throw exists(kind, key);
    return resource;
  }
  try {
    const outcome = await putObject(context, kind, key, { absent: true }, resource, { signal, unchanged, owner });
    if (outcome.ok) return outcome.resource;
  } catch (error) {
    if (!(error instanceof AmbiguousResultError) || signal?.aborted === true) throw error;
    return await settle(context, kind, key, resource, error);
  }
  throw exists(kind, key);
}

/** A draft's metadata with its managing owner added. */
export function ownedMeta(
  draft: ResourceDraft<unknown>,
  owner: Resource | undefined,
): ResourceDraft<unknown>["metadata"] {
  if (owner === undefined) return draft.metadata;
  const { ownerReferences = [] } = draft.metadata;
  return { ...draft.metadata, ownerReferences: withOwner(ownerReferences, ownerReference(owner)) };
}

/** An owner is in the same namespace or in none: the garbage collector takes any other for absent. */
export function ownerScopeIssues(
  { namespace }: ResourceKey,
  owner: Resource | undefined,
): { readonly path: string; readonly message: string }[] {
  const theirs = owner?.metadata.namespace;
  if (theirs === undefined || theirs === namespace) return [];
  const where = namespace === undefined ? "cluster-scoped" : `in namespace "${namespace}" or cluster-scoped`;
  return [{ path: "metadata.ownerReferences", message: `expected an owner ${where}, got one in "${theirs}"` }];
}

/** Finds out whether a create that was cut off took place: the uid is ours alone. */
async function settle(
  context: ClientContext,
  kind: Kind,
  key: ResourceKey,
  created: Resource,
  ambiguous: AmbiguousResultError,
): Promise<Resource> {
  const found = await readObject(context, kind, key).catch(() => undefined);
  // Absent proves nothing: the transaction may still be on its way.
  if (found === undefined) throw ambiguous;
  if (found.resource.metadata.uid !== created.metadata.uid) throw exists(kind, key);
  context.onWrite(kind.name, key, found.resource.metadata.resourceVersion);
  return found.resource;
}

function exists(kind: Kind, key: ResourceKey): AlreadyExistsError {
  return new AlreadyExistsError(kind.name, key, "already exists");
}
