import type { Kind, Resource } from "../resources/index.js";
import type { Harness } from "./harness.js";

/** No chain of owners is longer; a circle of them would be endless. */
const longestChain = 8;

/**
 * What the objects of a world are called in place of their uids, which mean the same in each run and are others: by name,
 * or by whose they are. All those that are no more share one name.
 */
export class ObjectNames {
  readonly #seen = new Set<string>();

  /** Takes notice of all objects of these kinds from now on. */
  constructor(t: Harness, kinds: readonly Kind[]) {
    for (const kind of kinds) {
      t.observe(kind, (objects) => {
        for (const { metadata } of objects) this.#seen.add(metadata.uid);
      });
    }
  }

  /** Puts names in the place of uids, wherever they are in a text, once these objects are what is left. */
  naming(present: readonly Resource[]): (text: string) => string {
    const byUid = new Map(present.map((object) => [object.metadata.uid, object]));
    const uids = [...new Set([...this.#seen, ...byUid.keys()])].sort((a, b) => b.length - a.length);
    if (uids.length === 0) return (text) => text;
    const anyUid = new RegExp(uids.map((uid) => uid.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g");
    return (text) => text.replace(anyUid, (uid) => `(${nameOf(byUid.get(uid), byUid, longestChain)})`);
  }
}

/** Names of what is owned may depend on what was there when it was made. */
function nameOf(object: Resource | undefined, byUid: ReadonlyMap<string, Resource>, steps: number): string {
  if (object === undefined) return "gone";
  const { name, namespace, ownerReferences } = object.metadata;
  const [owner] = ownerReferences;
  if (owner === undefined)
    return [object.kind, [namespace, name].filter((part) => part !== undefined).join("/")].join(" ");
  return steps === 0 ? object.kind : `${object.kind} of ${nameOf(byUid.get(owner.uid), byUid, steps - 1)}`;
}
