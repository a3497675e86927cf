import type { ResourceClient } from "../resources/index.js";
import type { CacheBounds } from "./cache-bounds.js";
import type { CacheViews } from "./cache-reader.js";
import { ObjectIndex } from "./object-index.js";

/**
 * Reads from the store what some caches are to hold, for one run: what a key gets whose caches do not catch up.
 *
 * @internal
 */
export async function liveViews(
  client: ResourceClient,
  caches: readonly { readonly bounds: CacheBounds }[],
  signal: AbortSignal,
): Promise<CacheViews> {
  const views = new Map<string, ObjectIndex>();
  for (const { bounds } of caches) {
    const { kind, transform, ...selection } = bounds;
    const index = new ObjectIndex(kind);
    for (let page = await client.list(kind, { ...selection, signal }); ;) {
      for (const resource of page.items) index.put(transform === undefined ? resource : transform(resource));
      if (page.continue === undefined) break;
      page = await client.list(kind, { ...selection, signal, continue: page.continue });
    }
    views.set(kind.name, index);
  }
  return views;
}
