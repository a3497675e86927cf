import { shown } from "../core/check.js";
import { isThenable } from "../core/operation.js";
import type { ClientContext } from "./client-context.js";
import { putObject, removeObject } from "./commit.js";
import { type WritableMeta, metadataIssues, refuseIssues, validSpec, writableMeta } from "./draft.js";
import { ConflictError } from "./errors.js";
import { isObject, isSameJson, jsonCopy } from "./json.js";
import type { Kind } from "./kind.js";
import { keyOf } from "./object-key.js";
import { readForWrite } from "./object-read.js";
import type { CreateOptions, WriteOptions } from "./resource-client.js";
import type { Resource, ResourceKey, UpdateDraft } from "./resource.js";
import type { StoredObject } from "./stored-object.js";
import { changedObject, isDone } from "./transitions.js";
import { untilWritten } from "./write-tries.js";

/** Writes an object as it is given, provided nobody wrote it since it was read. */
export async function replaceObject(
  context: ClientContext,
  kind: Kind,
  given: Resource,
  options: WriteOptions = {},
): Promise<Resource> {
  const key = keyOf(given);
  const { uid, resourceVersion } = given.metadata;
  const stored = await readForWrite(context, kind, key, uid, options);
  const conflict = new ConflictError(kind.name, key, `is no longer at version ${shown(resourceVersion)}`);
  if (stored.resource.metadata.resourceVersion !== resourceVersion) throw conflict;
  const written = await storeChange(context, kind, stored, writableMeta(given.metadata), given.spec, options);
  if (written === undefined) throw conflict;
  return written;
}

/** Re-reads an object, runs `change` on a draft and writes, until nobody gets in between. */
export function updateObject(
  context: ClientContext,
  kind: Kind,
  given: Resource,
  change: (draft: UpdateDraft<unknown>, latest: Resource) => void,
  options: WriteOptions = {},
): Promise<Resource> {
  const key = keyOf(given);
  const attempt = async (): Promise<Resource | undefined> => {
    const stored = await readForWrite(context, kind, key, given.metadata.uid, options);
    const { resource } = stored;
    const draft = { metadata: writableMeta(resource.metadata), spec: jsonCopy(resource.spec) } as UpdateDraft<unknown>;
    // Async functions and those that return another draft fit the type of `change`; what they say would be lost.
    const run: (draft: UpdateDraft<unknown>, latest: Resource) => unknown = change;
    const returned = run(draft, resource);
    if (isThenable(returned)) throw new TypeError("Expected `change` to be done when it returns, got a promise");
    if (isCopyOf(draft, returned))
      throw new TypeError("Expected `change` to change the draft, got a changed copy of it");
    return storeChange(context, kind, stored, writableMeta(draft.metadata), draft.spec, options);
  };
  return untilWritten(context, kind, key, attempt, options.signal);
}

function isCopyOf({ metadata, spec }: UpdateDraft<unknown>, value: unknown): boolean {
  return isObject(value) && (value["metadata"] === metadata) !== (value["spec"] === spec);
}

/** Stores other writable parts of an object; `undefined` when somebody got in between. */
export async function storeChange(
  context: ClientContext,
  kind: Kind,
  stored: StoredObject,
  meta: WritableMeta,
  wanted: unknown,
  { dryRun = false, signal, unchanged, owner }: CreateOptions,
): Promise<Resource | undefined> {
  const previous = stored.resource;
  const key = keyOf(previous);
  refuseIssues(kind, key, [...metadataIssues(meta), ...addedFinalizerIssues(previous, meta)]);
  const spec = isSameJson(previous.spec, wanted) ? previous.spec : await changedSpec(kind, key, previous.spec, wanted);
  const next = changedObject(previous, meta, spec);
  if (next === previous) return previous;
  await context.admission.ask("update", next, previous);
  if (dryRun) return next;
  const { revision } = stored;
  const write = isDone(next) ? removeObject : putObject;
  const outcome = await write(context, kind, key, { revision }, next, { signal, unchanged, owner });
  return outcome.ok ? outcome.resource : undefined;
}

async function changedSpec(kind: Kind, key: ResourceKey, previous: unknown, wanted: unknown): Promise<unknown> {
  const spec = await validSpec(kind, key, wanted);
  // Filling in defaults may have led back to what is there.
  if (isSameJson(previous, spec)) return previous;
  const issue = kind.options.validateUpdate?.(spec, previous);
  refuseIssues(kind, key, issue === undefined ? [] : [issue]);
  return spec;
}

function addedFinalizerIssues(
  previous: Resource,
  { finalizers }: WritableMeta,
): { readonly path: string; readonly message: string }[] {
  if (previous.metadata.deletionTimestamp === undefined) return [];
  const added = finalizers.filter((finalizer) => !previous.metadata.finalizers.includes(finalizer));
  return added.map((finalizer) => ({
    path: "metadata.finalizers",
    message: `none may be added while the object is being deleted, got ${shown(finalizer)}`,
  }));
}
