import { shown } from "../core/check.js";
import type { ClientContext } from "./client-context.js";
import { putObject } from "./commit.js";
import { type Condition, mergeConditions } from "./condition.js";
import { refuseIssues } from "./draft.js";
import type { FieldIssue } from "./errors.js";
import { isObject, jsonCopy } from "./json.js";
import { jsonIssues } from "./json-issues.js";
import type { Kind } from "./kind.js";
import { keyOf } from "./object-key.js";
import { readForWrite } from "./object-read.js";
import type { WriteOptions } from "./resource-client.js";
import type { Resource } from "./resource.js";
import { withStatus } from "./transitions.js";
import { untilWritten } from "./write-tries.js";

/** Fields of a status by name. */
type Fields = Readonly<Record<string, unknown>>;

/** Merges onto the latest status. */
export function patchObjectStatus(
  context: ClientContext,
  kind: Kind,
  given: Resource,
  patch: Fields,
  { dryRun = false, signal, unchanged }: WriteOptions = {},
): Promise<Resource> {
  const key = keyOf(given);
  const attempt = async (): Promise<Resource | undefined> => {
    refuseIssues(kind, key, patchIssues(patch));
    const { resource, revision } = await readForWrite(context, kind, key, given.metadata.uid, { signal });
    const next = withStatus(resource, mergedStatus(resource.status, patch));
    if (next === resource) return resource;
    await context.admission.ask("status", next, resource);
    if (dryRun) return next;
    const outcome = await putObject(context, kind, key, { revision }, next, { signal, unchanged });
    return outcome.ok ? outcome.resource : undefined;
  };
  return untilWritten(context, kind, key, attempt, signal);
}

function patchIssues(patch: unknown): readonly FieldIssue[] {
  return isObject(patch)
    ? jsonIssues("status", patch)
    : [{ path: "status", message: `expected an object, got ${shown(patch)}` }];
}

/** A status with fields replaced by name, conditions by type, and those that are `undefined` removed. */
export function mergedStatus(status: unknown, patch: Fields): unknown {
  const before = isObject(status) ? status : {};
  const merged = { ...before, ...patch };
  if (patch["conditions"] !== undefined) {
    // By contract a field of this name holds conditions.
    const conditions = (before["conditions"] ?? []) as readonly Condition[];
    merged["conditions"] = mergeConditions(conditions, patch["conditions"] as readonly Condition[]);
  }
  return jsonCopy(merged);
}
