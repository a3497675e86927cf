import type { Kind, ResourceKey } from "../resources/index.js";

/** A complete key as one string, for maps and queues: `namespace/name`, or just the name where there is no namespace. */
export function keyString({ namespace, name }: ResourceKey): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The inverse of {@link keyString}; names contain no slash. */
export function parseKey(key: string): ResourceKey {
  const slash = key.indexOf("/");
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The same for a key as a user gives it, who may leave out the default namespace. */
export function keyStringOf({ scope }: Kind, { namespace = "default", name }: ResourceKey): string {
  return scope === "cluster" ? name : `${namespace}/${name}`;
}
