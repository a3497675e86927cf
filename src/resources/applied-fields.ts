import { type WritableMeta, writableMeta } from "./draft.js";
import { mergeFields, mergeSet } from "./field-merge.js";
import { canonicalJson, isObject } from "./json.js";
import type { OwnerReference, Resource, ResourceDraft } from "./resource.js";

/** Annotations below this prefix hold what each manager applied last, as JSON. */
const prefix = "keelson.dev/applied.";

/** What a manager applied: the fields that are its own. */
export interface AppliedFields {
  /** Labels, annotations, owners and finalizers. */
  readonly metadata: WritableMeta;
  /** The spec, before defaults. */
  readonly spec: unknown;
}

/** The annotation that holds what a manager applied. */
export function appliedAnnotation(manager: string): string {
  return `${prefix}${manager}`;
}

/** What a draft says, as it is kept in the annotation. */
export function fieldsOf(draft: ResourceDraft<unknown>): AppliedFields {
  const metadata = writableMeta(draft.metadata);
  const annotations = Object.entries(metadata.annotations).filter(([name]) => !name.startsWith(prefix));
  return { metadata: { ...metadata, annotations: Object.fromEntries(annotations) }, spec: draft.spec };
}

/** The fields as JSON; empty parts are left out, as annotations are not to be long. */
export function encodeFields({ metadata, spec }: AppliedFields): string {
  const given = Object.entries(metadata).filter(([, part]) => Object.keys(part as object).length > 0);
  return canonicalJson({ metadata: Object.fromEntries(given), spec });
}

/** What an annotation says was applied; nothing when it cannot be read, so that nothing is removed by mistake. */
function decodeFields(text: string | undefined): AppliedFields | undefined {
  try {
    const fields: unknown = JSON.parse(text ?? "null");
    if (!isObject(fields)) return undefined;
    const metadata = isObject(fields["metadata"]) ? fields["metadata"] : {};
    return { metadata: writableMeta(metadata), spec: fields["spec"] };
  } catch {
    return undefined;
  }
}

/** An object's writable parts once a manager's fields are in it. */
export function mergeApplied(
  { metadata, spec }: Resource,
  manager: string,
  desired: AppliedFields,
): { readonly meta: WritableMeta; readonly spec: unknown } {
  const mine = appliedAnnotation(manager);
  const last = decodeFields(metadata.annotations[mine]);
  const others = Object.entries(metadata.annotations)
    .filter(([name]) => name.startsWith(prefix) && name !== mine)
    .flatMap(([, text]) => decodeFields(text) ?? []);
  const map = (part: "labels" | "annotations"): Record<string, string> =>
    mergeFields(
      metadata[part],
      desired.metadata[part],
      last?.metadata[part],
      others.map((other) => other.metadata[part]),
    ) as Record<string, string>;
  const uid = (reference: OwnerReference): string => reference.uid;
  return {
    meta: {
      labels: map("labels"),
      annotations: { ...map("annotations"), [mine]: encodeFields(desired) },
      ownerReferences: mergeSet(
        metadata.ownerReferences,
        desired.metadata.ownerReferences,
        last?.metadata.ownerReferences ?? [],
        others.flatMap((other) => other.metadata.ownerReferences),
        uid,
      ),
      finalizers: mergeSet(
        metadata.finalizers,
        desired.metadata.finalizers,
        last?.metadata.finalizers ?? [],
        others.flatMap((other) => other.metadata.finalizers),
        String,
      ),
    },
    spec: mergeFields(
      spec,
      desired.spec,
      last?.spec,
      others.map((other) => other.spec),
    ),
  };
}
