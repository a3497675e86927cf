import type { Controller } from "./controller.js";
import type { LoopParts } from "./loop-parts.js";
import { type WorkQueue, backgroundPriority } from "./work-queue.js";

/** Looks at every object again, now and then, until the controller stops. */
export async function resync(
  { resyncMs, options }: Controller,
  { runtime, stop, caches }: LoopParts,
  queue: WorkQueue,
): Promise<void> {
  while (!stop.aborted) {
    // Spread, so that controllers that were started together do not resync together.
    await runtime.sleep(resyncMs * (0.9 + 0.2 * runtime.random()), { signal: stop }).catch(() => undefined);
    for (const key of caches.get(options.for.name)?.keys ?? []) {
      queue.add(key, { priority: backgroundPriority, reason: "resync" });
    }
  }
}
