import { checkObject, shown } from "../core/check.js";
import { type FieldIssue, InvalidResourceError } from "./errors.js";
import { fieldPath, formatPath } from "./field-path.js";
import { isObject, jsonCopy } from "./json.js";
import { jsonIssues } from "./json-issues.js";
import type { Kind } from "./kind.js";
import { annotationIssues, issue, labelIssues, qualifiedNameComplaint } from "./names.js";
import { foregroundDeletion, orphanDependents } from "./owner.js";
import type { ObjectMeta, OwnerReference, ResourceDraft, ResourceKey } from "./resource.js";
import { unknownField } from "./spelling.js";

/** The parts of the metadata that a writer may set, complete. */
export type WritableMeta = Pick<ObjectMeta, "labels" | "annotations" | "ownerReferences" | "finalizers">;

const settable = ["name", "namespace", "labels", "annotations", "ownerReferences", "finalizers"];
// Given by whoever hands in an object that was read: set anew, not refused.
const ours = ["uid", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"];
const parts = ["kind", "metadata", "spec", "status"];

/** Refuses what is no draft of an object. */
export function checkDraft(draft: ResourceDraft<unknown>): void {
  checkObject("draft", draft);
  checkObject("draft.metadata", draft.metadata);
}

/** The issues of a draft as a whole: fields that it must not, or cannot, have. */
export function draftIssues(kind: Kind, draft: ResourceDraft<unknown>): FieldIssue[] {
  const top = Object.entries(draft).filter(([field]) => !parts.includes(field));
  const meta = Object.entries(draft.metadata).filter(
    ([field]) => ![...settable, ...ours, "resourceVersion"].includes(field),
  );
  // Whoever hands in an object that was read gives more than the type asks for.
  const given = draft as { readonly kind?: unknown; readonly metadata: { readonly resourceVersion?: unknown } };
  return [
    ...top.map(([field, value]) => ({ path: field, message: unknownField(field, parts, value) })),
    ...meta.map(([field, value]) => ({
      path: fieldPath("metadata", field),
      message: unknownField(field, settable, value),
    })),
    ...(given.kind === undefined || given.kind === kind.name
      ? []
      : [{ path: "kind", message: `expected ${shown(kind.name)}, got ${shown(given.kind)}` }]),
    ...(given.metadata.resourceVersion === undefined
      ? []
      : [{ path: "metadata.resourceVersion", message: "must not be given: the store sets it" }]),
  ];
}

/** The metadata as it would be read back, with nothing left out. */
export function writableMeta(meta: Partial<WritableMeta>): WritableMeta {
  const { labels = {}, annotations = {}, ownerReferences = [], finalizers = [] } = meta;
  return jsonCopy({ labels, annotations, ownerReferences, finalizers }) as WritableMeta;
}

/** What is wrong with the metadata. */
export function metadataIssues({ labels, annotations, ownerReferences, finalizers }: WritableMeta): FieldIssue[] {
  return [
    ...(isObject(labels)
      ? labelIssues("metadata.labels", labels)
      : issue("metadata.labels", `expected an object, got ${shown(labels)}`)),
    ...(isObject(annotations)
      ? annotationIssues("metadata.annotations", annotations)
      : issue("metadata.annotations", `expected an object, got ${shown(annotations)}`)),
    ...ownerIssues(ownerReferences),
    ...finalizerIssues(finalizers),
  ];
}

function finalizerIssues(finalizers: readonly unknown[]): FieldIssue[] {
  return finalizers.flatMap((finalizer, index) => {
    const path = `metadata.finalizers[${index}]`;
    if (finalizers.indexOf(finalizer) !== index) return issue(path, `expected no duplicates, got ${shown(finalizer)}`);
    if (finalizer === foregroundDeletion || finalizer === orphanDependents) return [];
    return issue(path, qualifiedNameComplaint(finalizer));
  });
}

function ownerIssues(references: readonly OwnerReference[]): FieldIssue[] {
  const path = "metadata.ownerReferences";
  const managing = references.filter(({ controller }) => controller === true);
  const uids = references.map(({ uid }) => uid);
  return [
    ...references.flatMap((reference, index) =>
      (["kind", "name", "uid"] as const)
        .filter((field) => typeof reference[field] !== "string" || reference[field] === "")
        .map((field) => ({
          path: `${path}[${index}].${field}`,
          message: `expected a non-empty string, got ${shown(reference[field])}`,
        })),
    ),
    ...issue(path, new Set(uids).size === uids.length ? undefined : "expected each owner once"),
    ...issue(path, managing.length <= 1 ? undefined : `expected at most one managing owner, got ${managing.length}`),
  ];
}

/**
 * The spec as it is to be stored: what the kind's schema makes of it.
 *
 * @throws InvalidResourceError.
 */
export async function validSpec(kind: Kind, key: ResourceKey, input: unknown): Promise<unknown> {
  const result = await kind.options.schema?.["~standard"].validate(input);
  if (result?.issues !== undefined) {
    const issues = result.issues.map(({ message, path = [] }) => ({
      path: formatPath("spec", path),
      message,
    }));
    throw new InvalidResourceError(kind.name, key, issues);
  }
  const spec = result === undefined ? input : result.value;
  refuseIssues(kind, key, jsonIssues("spec", spec));
  return jsonCopy(spec);
}

/** Throws an InvalidResourceError if there are issues. */
export function refuseIssues(kind: Kind, key: ResourceKey, issues: readonly FieldIssue[]): void {
  if (issues.length > 0) throw new InvalidResourceError(kind.name, key, issues);
}
