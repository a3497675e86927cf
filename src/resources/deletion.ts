import { checkNumber, checkOneOf, shown } from "../core/check.js";
import type { ClientContext } from "./client-context.js";
import { putObject, removeObject } from "./commit.js";
import { ConflictError } from "./errors.js";
import type { Kind } from "./kind.js";
import { keyOf } from "./object-key.js";
import { readForWrite } from "./object-read.js";
import { foregroundDeletion, orphanDependents } from "./owner.js";
import type { DeleteOptions } from "./resource-client.js";
import type { ObjectMeta, Resource } from "./resource.js";
import { deletedObject, isDone } from "./transitions.js";
import { untilWritten } from "./write-tries.js";

const finalizers = { background: undefined, foreground: foregroundDeletion, orphan: orphanDependents };

/** Asks for an object's deletion: it goes now, or with the last of its finalizers. */
export async function deleteObject(
  context: ClientContext,
  kind: Kind,
  given: Resource,
  options: DeleteOptions = {},
): Promise<void> {
  const {
    propagation = "background",
    gracePeriodSeconds,
    preconditions = {},
    dryRun = false,
    signal,
    unchanged,
  } = options;
  checkOneOf("propagation", propagation, Object.keys(finalizers));
  if (gracePeriodSeconds !== undefined) checkNumber("gracePeriodSeconds", gracePeriodSeconds, 0);
  const key = keyOf(given);
  const attempt = async (): Promise<Resource | undefined> => {
    const { resource, revision } = await readForWrite(context, kind, key, given.metadata.uid, { signal });
    for (const field of ["uid", "resourceVersion"] as const) checkPrecondition(resource, preconditions, field);
    const now = new Date(context.runtime.wallNow()).toISOString();
    const next = deletedObject(resource, { finalizer: finalizers[propagation], gracePeriodSeconds, now });
    if (next === resource) return resource;
    await context.admission.ask("delete", next, resource);
    if (dryRun) return next;
    const write = isDone(next) ? removeObject : putObject;
    const outcome = await write(context, kind, key, { revision }, next, { signal, unchanged });
    return outcome.ok ? outcome.resource : undefined;
  };
  await untilWritten(context, kind, key, attempt, signal);
}

function checkPrecondition(
  resource: Resource,
  preconditions: Partial<Pick<ObjectMeta, "uid" | "resourceVersion">>,
  field: "uid" | "resourceVersion",
): void {
  const [expected, actual] = [preconditions[field], resource.metadata[field]];
  if (expected === undefined || expected === actual) return;
  const why = `was not deleted: expected its ${field} to be ${shown(expected)}, got ${shown(actual)}`;
  throw new ConflictError(resource.kind, keyOf(resource), why);
}
