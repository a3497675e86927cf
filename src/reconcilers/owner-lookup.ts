import type { ReconcileContext } from "../controllers/index.js";
import {
  type Kind,
  type OwnerReference,
  type Resource,
  type ResourceKey,
  foregroundDeletion,
  isDeleting,
} from "../resources/index.js";

/**
 * What became of an owner: it lives; it waits, in a foreground deletion, until what it owns has gone; it is gone; or
 * nobody can tell, and the object is better kept.
 */
export type OwnerState = "alive" | "waits" | "gone" | "unknown";

/** Absent owners that are remembered: a uid is never given again, so none of them comes back. */
const rememberedAbsent = 500;

/**
 * Finds out what became of the owners that objects name.
 *
 * @internal
 */
export class OwnerLookup {
  readonly #kinds: ReadonlyMap<string, Kind>;
  readonly #absent = new Set<string>();

  constructor(kinds: readonly Kind[]) {
    this.#kinds = new Map(kinds.map((kind) => [kind.name, kind]));
  }

  /** That an owner is gone is never said on a cache's word: it may be behind, or the owner younger than the reference. */
  async stateOf(reference: OwnerReference, object: Resource, context: ReconcileContext): Promise<OwnerState> {
    const kind = this.#kinds.get(reference.kind);
    if (kind === undefined) return "unknown";
    const { namespace } = object.metadata;
    if (kind.scope === "namespaced" && namespace === undefined) {
      const problem = `is cluster-scoped, but names ${reference.kind} "${reference.name}" as an owner, whose kind is not`;
      context.event("Warning", "OwnerRefInvalidNamespace", problem);
      return "unknown";
    }
    const key: ResourceKey = kind.scope === "cluster" ? { name: reference.name } : { name: reference.name, namespace };
    const cached = context.cache.get(kind, key);
    if (cached?.metadata.uid === reference.uid) return stateOfLiving(cached);
    const id = `${reference.uid} ${kind.name} ${key.namespace ?? ""}`;
    if (this.#absent.has(id)) return "gone";
    const live = await context.client.get(kind, key);
    if (live?.metadata.uid === reference.uid) return stateOfLiving(live);
    this.#remember(id);
    const elsewhere = context.cache.list(kind).find(({ metadata }) => metadata.uid === reference.uid);
    if (elsewhere !== undefined && elsewhere.metadata.namespace !== namespace) {
      const problem = `names ${reference.kind} "${reference.name}" of namespace "${elsewhere.metadata.namespace ?? ""}" as an owner; that counts for nothing`;
      context.event("Warning", "OwnerRefInvalidNamespace", problem);
    }
    return "gone";
  }

  #remember(id: string): void {
    this.#absent.add(id);
    const [oldest] = this.#absent;
    if (this.#absent.size > rememberedAbsent && oldest !== undefined) this.#absent.delete(oldest);
  }
}

function stateOfLiving(owner: Resource): OwnerState {
  return isDeleting(owner) && owner.metadata.finalizers.includes(foregroundDeletion) ? "waits" : "alive";
}
