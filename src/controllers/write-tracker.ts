import type { ResourceCache } from "./resource-cache.js";

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

  /** The caches that are still behind the key's own writes, and how far each must come; `undefined` when none is. */
  behind(key: string, caches: ReadonlyMap<string, ResourceCache>): ReadonlyMap<ResourceCache, number> | undefined {
    const kinds = this.#written.get(key);
    if (kinds === undefined) return undefined;
    const behind = new Map<ResourceCache, number>();
    for (const [kind, revision] of kinds) {
      const cache = caches.get(kind);
      if (cache === undefined || cache.revision >= revision) kinds.delete(kind);
      else behind.set(cache, revision);
    }
    if (kinds.size === 0) this.#written.delete(key);
    return behind.size === 0 ? undefined : behind;
  }

  /** Forgets a key. */
  forget(key: string): void {
    if (this.#written.size > 0) this.#written.delete(key);
  }
}
