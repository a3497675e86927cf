import type { ClientContext } from "./client-context.js";
import { ConflictError } from "./errors.js";
import type { Kind } from "./kind.js";
import type { ResourceKey } from "./resource.js";

/** How often a write that somebody else got ahead of is tried, re-reading each time. */
const tries = 5;

/**
 * Runs a read-change-write until it gets through.
 *
 * @throws ConflictError after five tries.
 */
export async function untilWritten<T>(
  { runtime }: ClientContext,
  kind: Kind,
  key: ResourceKey,
  attempt: () => Promise<T | undefined>,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
    if (tried === tries) throw new ConflictError(kind.name, key, `was changed by others during each of ${tries} tries`);
    // The first retry is at once; those who still get in each other's way then spread out.
    if (tried > 1) await runtime.sleep(10 * (0.5 + runtime.random()), { signal });
  }
}
