import { shown } from "../core/check.js";
import type { Kind } from "./kind.js";
import { parseLabelSelector } from "./label-selector.js";
import { type Keyspace, resolveKey } from "./object-key.js";
import type { SelectOptions } from "./resource-client.js";
import type { Resource } from "./resource.js";

/** Which objects are meant: a range of keys, and what is asked of those in it. */
export interface Selection {
  /** The first key that may be. */
  readonly start: string;
  /** The first key after all that may be. */
  readonly end: string;
  /** Whether an object is meant. */
  matches(resource: Resource): boolean;
}

/**
 * What options select.
 *
 * @throws TypeError for a selector that cannot be read, or a field that the kind does not declare.
 */
export function selectionOf(keys: Keyspace, kind: Kind, { namespace, name, labels, fields }: SelectOptions): Selection {
  const selector = labels === undefined ? undefined : parseLabelSelector(labels);
  const readers = Object.entries(fields ?? {}).map(([field, value]) => ({ read: fieldReader(kind, field), value }));
  return {
    ...rangeOf(keys, kind, namespace, name),
    matches: (resource) =>
      (selector === undefined || selector.matches(resource.metadata.labels)) &&
      readers.every(({ read, value }) => read(resource) === value),
  };
}

function rangeOf(
  keys: Keyspace,
  kind: Kind,
  namespace: string | undefined,
  name: string | undefined,
): { readonly start: string; readonly end: string } {
  if (name === undefined) {
    // Checks the namespace; the name is any that passes.
    if (namespace !== undefined) resolveKey(kind, { name: "any", namespace });
    return keys.range(kind, namespace);
  }
  const key = keys.storeKey(kind, resolveKey(kind, { name, namespace }));
  return { start: key, end: `${key}\u0001` };
}

function fieldReader(kind: Kind, field: string): (resource: Resource) => string | undefined {
  const { fields = {} } = kind.options;
  const read = Object.hasOwn(fields, field) ? fields[field] : undefined;
  if (read !== undefined) return read;
  const declared = Object.keys(fields).map((name) => JSON.stringify(name));
  throw new TypeError(
    `Expected \`fields\` to name fields that ${kind.name} declares (${declared.join(", ") || "none"}), got ${shown(field)}`,
  );
}
