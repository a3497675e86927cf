import { checkName, checkObject } from "../core/check.js";
import { type AppliedFields, appliedAnnotation, encodeFields, fieldsOf, mergeApplied } from "./applied-fields.js";
import type { ClientContext } from "./client-context.js";
import { createObject, ownedMeta, ownerScopeIssues } from "./creation.js";
import { checkDraft, draftIssues, metadataIssues, refuseIssues } from "./draft.js";
import { AlreadyExistsError } from "./errors.js";
import { jsonCopy } from "./json.js";
import { jsonIssues } from "./json-issues.js";
import type { Kind } from "./kind.js";
import { issue, qualifiedNameComplaint } from "./names.js";
import { resolveKey } from "./object-key.js";
import { checkWritable, readObject } from "./object-read.js";
import type { Applied, ApplyOptions } from "./resource-client.js";
import type { ResourceDraft } from "./resource.js";
import type { StoredObject } from "./stored-object.js";
import { storeChange } from "./update.js";
import { untilWritten } from "./write-tries.js";

/** Makes an object have a manager's fields, whether or not it exists. */
export async function applyObject(
  context: ClientContext,
  kind: Kind,
  desired: ResourceDraft<unknown>,
  options: ApplyOptions,
): Promise<Applied<unknown, unknown>> {
  checkDraft(desired);
  checkObject("options", options);
  const { manager, owner, signal } = options;
  checkName("manager", manager);
  const key = resolveKey(kind, desired.metadata);
  const draft = { ...desired, metadata: { ...ownedMeta(desired, owner), ...key } };
  const fields = fieldsOf(draft);
  refuseIssues(kind, key, [
    ...draftIssues(kind, desired),
    ...metadataIssues(fields.metadata),
    ...jsonIssues("spec", desired.spec),
    ...ownerScopeIssues(key, owner),
    ...issue("manager", qualifiedNameComplaint(appliedAnnotation(manager))),
  ]);
  const attempt = async (): Promise<Applied<unknown, unknown> | undefined> => {
    const stored = await readObject(context, kind, key, { signal });
    if (stored === undefined) return createApplied(context, kind, draft, fields, options);
    checkWritable(kind, key, stored);
    return updateApplied(context, kind, stored, fields, options);
  };
  return untilWritten(context, kind, key, attempt, signal);
}

async function createApplied(
  context: ClientContext,
  kind: Kind,
  draft: ResourceDraft<unknown>,
  fields: AppliedFields,
  { manager, ...options }: ApplyOptions,
): Promise<Applied<unknown, unknown> | undefined> {
  const annotations = { ...draft.metadata.annotations, [appliedAnnotation(manager)]: encodeFields(fields) };
  try {
    const metadata = { ...draft.metadata, annotations };
    const resource = await createObject(context, kind, { ...draft, metadata }, options);
    return { resource, outcome: "created" };
  } catch (error) {
    // Somebody created it since it was looked for; it is an update, then.
    if (error instanceof AlreadyExistsError) return undefined;
    throw error;
  }
}

async function updateApplied(
  context: ClientContext,
  kind: Kind,
  stored: StoredObject,
  fields: AppliedFields,
  options: ApplyOptions,
): Promise<Applied<unknown, unknown> | undefined> {
  const merged = mergeApplied(stored.resource, options.manager, fields);
  const resource = await storeChange(context, kind, stored, merged.meta, jsonCopy(merged.spec), options);
  if (resource === undefined) return undefined;
  return { resource, outcome: resource === stored.resource ? "unchanged" : "updated" };
}
