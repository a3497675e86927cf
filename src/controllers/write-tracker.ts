import type { ResourceClient, ResourceKey } from "../resources/index.js";
import type { ResourceCache } from "./resource-cache.js";

/** Makes clients that tell of each write: its kind, object and version. */
export type ClientFactory = (
  onWrite: (kind: string, key: ResourceKey, resourceVersion: string) => void,
) => ResourceClient;

/**
 * Remembers, for each key, up to where each kind's cache must have come before the key is looked at again: its own
 * last writes. Acting on a cache that has not seen them is how controllers create children twice.
 *
 * @internal
 */
export class WriteTracker {
  readonly #written = new Map<string, Map<string, number>>();

  record(key: string, kind: string, resourceVersion: string): void {
    const kinds = this.#written.get(key) ?? new Map<string, number>();
    kinds.set(kind, Math.max(kinds.get(kind) ?? 0, Number(resourceVersion)));
    this.#written.set(key, kinds);
  }

  /** The caches that are still behind the key's own writes, and how far each must come. */
  behind(key: string, caches: ReadonlyMap<string, ResourceCache>): readonly (readonly [ResourceCache, number])[] {
    const kinds = this.#written.get(key);
    if (kinds === undefined) return [];
    for (const [kind, revision] of kinds) {
      const cache = caches.get(kind);
      if (cache === undefined || cache.revision >= revision) kinds.delete(kind);
    }
    if (kinds.size === 0) this.#written.delete(key);
    return [...kinds].flatMap(([kind, revision]) => {
      const cache = caches.get(kind);
      return cache === undefined ? [] : [[cache, revision] as const];
    });
  }

  forget(key: string): void {
    this.#written.delete(key);
  }
}
