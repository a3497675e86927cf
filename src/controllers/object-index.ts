import type { Resource } from "../resources/index.js";
import { keyString } from "./object-key.js";

/** What can be asked of the objects of one kind. */
export interface ObjectView {
  get(key: string): Resource | undefined;
  list(): readonly Resource[];
  /** The objects that the object of that uid manages. */
  ownedBy(uid: string): readonly Resource[];
}

/**
 * Objects of one kind by key and by the uid of the owner that manages them.
 *
 * @internal
 */
export class ObjectIndex implements ObjectView {
  readonly #objects = new Map<string, Resource>();
  readonly #byOwner = new Map<string, Map<string, Resource>>();

  get(key: string): Resource | undefined {
    return this.#objects.get(key);
  }

  list(): readonly Resource[] {
    return [...this.#objects.values()];
  }

  ownedBy(uid: string): readonly Resource[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  /** Takes an object in, in place of what had its key. */
  put(resource: Resource): void {
    this.remove(resource);
    const key = keyString(resource.metadata);
    this.#objects.set(key, resource);
    for (const { uid, controller } of resource.metadata.ownerReferences) {
      if (controller !== true) continue;
      const owned = this.#byOwner.get(uid) ?? new Map<string, Resource>();
      this.#byOwner.set(uid, owned.set(key, resource));
    }
  }

  /** Takes out what has the key of an object. */
  remove({ metadata }: Resource): void {
    const key = keyString(metadata);
    const known = this.#objects.get(key);
    if (known === undefined) return;
    this.#objects.delete(key);
    for (const { uid } of known.metadata.ownerReferences) {
      const owned = this.#byOwner.get(uid);
      owned?.delete(key);
      if (owned?.size === 0) this.#byOwner.delete(uid);
    }
  }
}
