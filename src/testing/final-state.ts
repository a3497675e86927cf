import { ObjectEvent } from "../controllers/index.js";
import type { Kind, Resource, ResourceClient } from "../resources/index.js";
import type { StateStore } from "../store/index.js";
import type { ObjectNames } from "./object-names.js";

/** What differs from run to run without meaning anything: counters of writes, and instants. */
const incidental = /^(?:resourceVersion|generation|observedGeneration)$|(?:Time|Timestamp|At)$/;

/** All objects of a world, and how it is told of them. */
export interface StateOptions {
  /** All kinds whose objects may be named in others. */
  readonly known: readonly Kind[];
  /** Those whose objects are to be the same. */
  readonly kinds: readonly Kind[];
  /** What they are called in place of their uids. */
  readonly names: ObjectNames;
  /** What is to be the same of each. */
  readonly view?: ((resource: Resource) => unknown) | undefined;
}

/** All objects of some kinds, as far as `view` shows them, one line each and sorted. */
export async function finalState(
  client: ResourceClient,
  { known, kinds, names, view = essence }: StateOptions,
): Promise<readonly string[]> {
  const lists = await Promise.all(known.map((kind) => client.list(kind)));
  const objects = lists.flatMap(({ items }) => items);
  const named = names.naming(objects);
  const compared = new Set(kinds.map(({ name }) => name));
  return objects
    .filter(({ kind }) => compared.has(kind))
    .map((object) => text(view(object), named))
    .sort();
}

/** The names of the kinds of which there are objects; events are told, not wanted. */
export async function kindsIn(store: StateStore): Promise<readonly string[]> {
  const { kvs } = await store.range({ prefix: "/resources/" }, { keysOnly: true });
  const names = new Set(kvs.map(({ key }) => key.split("/")[2] ?? ""));
  names.delete(ObjectEvent.name);
  return [...names];
}

/** The objects that name an owner which is not there, among objects whose kinds are all known. */
export async function danglingOwners(client: ResourceClient, kinds: readonly Kind[]): Promise<readonly string[]> {
  const names = new Set(kinds.map(({ name }) => name));
  const lists = await Promise.all(kinds.map((kind) => client.list(kind)));
  const objects = lists.flatMap(({ items }) => items);
  const uids = new Set(objects.map(({ metadata }) => metadata.uid));
  return objects.flatMap(({ kind, metadata }) =>
    metadata.ownerReferences
      .filter((owner) => names.has(owner.kind) && !uids.has(owner.uid))
      .map((owner) => `${kind} ${metadata.name} belongs to a ${owner.kind} ${owner.name} that is no more`),
  );
}

/** What one state has and the other lacks, as many times as it does. */
export function differences(expected: readonly string[], actual: readonly string[]): readonly string[] {
  const left = [...actual];
  const missing = expected.filter((line) => {
    const index = left.indexOf(line);
    if (index !== -1) left.splice(index, 1);
    return index === -1;
  });
  return [...missing.map((line) => `- ${line}`), ...left.map((line) => `+ ${line}`)];
}

function essence({ kind, metadata, spec, status }: Resource): unknown {
  const { name, namespace, labels, annotations, ownerReferences, finalizers, deletionTimestamp } = metadata;
  return {
    kind,
    namespace,
    // Names of what is owned may depend on what was there when it was made.
    ...(ownerReferences.length === 0 ? { name } : { owners: ownerReferences.map(({ uid }) => uid) }),
    labels,
    annotations,
    finalizers,
    ...(deletionTimestamp === undefined ? {} : { deleting: true }),
    spec,
    status,
  };
}

/** JSON without what is incidental, with the fields of every object in the order of their names. */
function text(value: unknown, named: (text: string) => string): string {
  return JSON.stringify(value, (key, part: unknown) => {
    if (typeof part === "string") return named(part);
    // The name says nothing that the uid does not.
    if (key === "ownerReferences" && Array.isArray(part))
      return part.map((owner: object) => ({ ...owner, name: undefined }));
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    const fields = Object.entries(part)
      .filter(([field]) => !incidental.test(field))
      .map(([field, inner]) => [named(field), key === "annotations" ? unfolded(inner) : inner] as const);
    return Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** What an annotation says, where it is JSON, such as what `apply` keeps of the last time. */
function unfolded(annotation: unknown): unknown {
  try {
    return typeof annotation === "string" && annotation.startsWith("{") ? JSON.parse(annotation) : annotation;
  } catch {
    return annotation;
  }
}
