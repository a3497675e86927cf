import { checkObject, shown } from "../core/check.js";
import type { KeyRange } from "../store/index.js";
import { InvalidResourceError } from "./errors.js";
import type { Kind } from "./kind.js";
import { dnsLabelComplaint, dnsSubdomainComplaint, issue } from "./names.js";
import type { Resource, ResourceKey } from "./resource.js";

/** The namespace of objects that name none. */
export const defaultNamespace = "default";

/**
 * The key of an object: its name, and its namespace unless it is cluster-scoped.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind, keyOf } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ image: string }>()("App");
 * const app = await createResourceClient(memoryStore()).create(App, { metadata: { name: "web" }, spec: { image: "a" } });
 * keyOf(app) // => { name: "web", namespace: "default" }
 * ```
 */
export function keyOf({ metadata: { name, namespace } }: Resource): ResourceKey {
  return namespace === undefined ? { name } : { name, namespace };
}

/**
 * A key as given, with its namespace filled in.
 *
 * @throws InvalidResourceError when a part of it cannot be one.
 */
export function resolveKey(kind: Kind, given: ResourceKey | string): ResourceKey {
  if (typeof given !== "string") checkObject("key", given);
  const { name, namespace } = typeof given === "string" ? { name: given, namespace: undefined } : given;
  const key = kind.scope === "cluster" ? { name } : { name, namespace: namespace ?? defaultNamespace };
  const issues = [
    ...issue("metadata.name", dnsSubdomainComplaint(name)),
    ...issue("metadata.namespace", namespaceComplaint(kind, namespace)),
  ];
  if (issues.length > 0) throw new InvalidResourceError(kind.name, key, issues);
  return key;
}

function namespaceComplaint(kind: Kind, namespace: unknown): string | undefined {
  if (namespace === undefined) return undefined;
  if (kind.scope === "cluster") return `expected none, as the kind is cluster-scoped, got ${shown(namespace)}`;
  return dnsLabelComplaint(namespace);
}

/** Where the objects of a kind are: `/<prefix>/<kind>/<namespace>/<name>`, with `_` for no namespace. */
export interface Keyspace {
  /** The store's key of an object. */
  storeKey(kind: Pick<Kind, "name">, key: ResourceKey): string;
  /** The keys of a kind, or of one of its namespaces. */
  range(kind: Kind, namespace: string | undefined): { readonly start: string; readonly end: string };
  /** The object that a store's key stands for; a name that fits no rule where the key is not one of ours. */
  objectKey(kind: Kind, storeKey: string): ResourceKey;
}

/** Makes the keyspace below a prefix. */
export function keyspace(prefix: string): Keyspace {
  const under = (kind: Pick<Kind, "name">): string => `/${prefix}/${kind.name}/`;
  return {
    storeKey: (kind, { name, namespace = "_" }) => `${under(kind)}${namespace}/${name}`,
    range(kind, namespace) {
      const start = namespace === undefined ? under(kind) : `${under(kind)}${namespace}/`;
      return { start, end: afterChildren(start) };
    },
    objectKey(kind, storeKey) {
      const rest = storeKey.slice(under(kind).length);
      const slash = rest.indexOf("/");
      if (slash === -1) return { name: rest };
      const name = rest.slice(slash + 1);
      return kind.scope === "cluster" ? { name } : { name, namespace: rest.slice(0, slash) };
    },
  };
}

/** The first key after all that begin with `start`, which ends in a slash: "0" is the character after it. */
function afterChildren(start: string): string {
  return `${start.slice(0, -1)}0`;
}

/** A range from just after a key on. No key of ours has a control character, so this is the next one possible. */
export function rangeAfter(storeKey: string, end: string): KeyRange {
  return { start: `${storeKey}\u0001`, end };
}
