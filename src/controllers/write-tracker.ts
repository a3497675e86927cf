import type { ResourceCache } from "./resource-cache.js";

/**
 * Remembers, for each key, up to where each kind's cache must have come before the key is looked at again: its own
 * last writes. Acting on a cache that has not seen them is how controllers create children twice.
 *
 * @internal
 */
export class WriteTracker {
  /** By kind, and then by key: there are few kinds and many keys. */
  readonly #written = new Map<string, Map<string, number>>();

  record(key: string, kind: string, resourceVersion: string): void {
    let keys = this.#written.get(kind);
    if (keys === undefined) this.#written.set(kind, (keys = new Map<string, number>()));
    keys.set(key, Math.max(keys.get(key) ?? 0, Number(resourceVersion)));
  }

  /** The caches that are still behind the key's own writes, and how far each must come; `undefined` when none is. */
  behind(key: string, caches: ReadonlyMap<string, ResourceCache>): ReadonlyMap<ResourceCache, number> | undefined {
    let behind: Map<ResourceCache, number> | undefined;
    for (const [kind, keys] of this.#written) {
      const revision = keys.get(key);
      if (revision === undefined) continue;
      const cache = caches.get(kind);
      if (cache === undefined || cache.revision >= revision) keys.delete(key);
      else (behind ??= new Map()).set(cache, revision);
    }
    return behind;
  }

  /** Forgets a key. */
  forget(key: string): void {
    for (const keys of this.#written.values()) keys.delete(key);
  }
}
