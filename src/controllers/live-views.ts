import type { Kind, ResourceClient } from "../resources/index.js";
import { ObjectIndex, type ObjectView } from "./object-index.js";

/**
 * Reads all objects of some kinds from the store, for one run: what a key gets whose caches do not catch up.
 *
 * @internal
 */
export async function liveViews(
  client: ResourceClient,
  kinds: readonly Kind[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, ObjectView>> {
  const views = new Map<string, ObjectView>();
  for (const kind of kinds) {
    const index = new ObjectIndex();
    for (let page = await client.list(kind, { signal }); ;) {
      for (const resource of page.items) index.put(resource);
      if (page.continue === undefined) break;
      page = await client.list(kind, { signal, continue: page.continue });
    }
    views.set(kind.name, index);
  }
  return views;
}
