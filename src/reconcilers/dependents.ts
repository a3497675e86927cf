import type { Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";

/** An object that names another as its owner. */
export interface Dependent {
  readonly kind: Kind;
  readonly key: ResourceKey;
}

/**
 * Who names whom as an owner, by the owner's uid: the keys to look at when an owner goes.
 *
 * @remarks
 * It knows the objects that have been looked at; those that have not are about to be. So it may say who is to be woken,
 * but not that there is nobody: see {@link liveDependents}.
 * @internal
 */
export class Dependents {
  readonly #byOwner = new Map<string, Map<string, Dependent>>();
  readonly #owners = new Map<string, readonly string[]>();

  /** Takes in an object's references, in place of those it had. */
  record(kind: Kind, { metadata }: Resource): void {
    const { name, namespace } = metadata;
    const id = idOf(kind, metadata);
    this.forget(kind, metadata);
    if (metadata.ownerReferences.length === 0) return;
    const owners = metadata.ownerReferences.map(({ uid }) => uid);
    this.#owners.set(id, owners);
    for (const uid of owners) {
      const dependents = this.#byOwner.get(uid) ?? new Map<string, Dependent>();
      this.#byOwner.set(uid, dependents.set(id, { kind, key: { name, namespace } }));
    }
  }

  /** Forgets an object that has gone. */
  forget(kind: Kind, key: ResourceKey): void {
    const id = idOf(kind, key);
    for (const uid of this.#owners.get(id) ?? []) {
      const dependents = this.#byOwner.get(uid);
      dependents?.delete(id);
      if (dependents?.size === 0) this.#byOwner.delete(uid);
    }
    this.#owners.delete(id);
  }

  /** The objects of a kind that name the owner of that uid. */
  of(uid: string, kind: Kind): readonly ResourceKey[] {
    return this.all(uid)
      .filter((each) => each.kind === kind)
      .map(({ key }) => key);
  }

  /** All objects that name the owner of that uid. */
  all(uid: string): readonly Dependent[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  /** Whether any object names the owner of that uid. */
  hasAny(uid: string): boolean {
    return this.#byOwner.has(uid);
  }
}

function idOf({ name: kind }: Kind, { name, namespace = "" }: ResourceKey): string {
  return `${kind}/${namespace}/${name}`;
}

/**
 * The objects that name an owner, as the store has them; the owner itself is not among them.
 *
 * @internal
 */
export async function liveDependents(
  { metadata: { uid, namespace } }: Resource,
  kinds: readonly Kind[],
  client: ResourceClient,
): Promise<readonly Resource[]> {
  const found: Resource[] = [];
  for (const kind of kinds) {
    if (kind.scope === "cluster" && namespace !== undefined) continue; // cannot have an owner in a namespace
    const { items } = await client.list(kind, { namespace: kind.scope === "cluster" ? undefined : namespace });
    found.push(...items.filter((item) => item.metadata.uid !== uid && refersTo(item, uid)));
  }
  return found;
}

function refersTo({ metadata }: Resource, owner: string): boolean {
  return metadata.ownerReferences.some(({ uid }) => uid === owner);
}
