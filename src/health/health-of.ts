import type { Health } from "../core/health.js";
import type { HealthCheck } from "./health-check.js";

/** A part that knows how it is: a store, an election. */
export interface HealthyPart {
  /** How it is, seen from here. */
  health(): Health | PromiseLike<Health>;
}

/**
 * What a part says of itself: a `StateStore`, whether it can be reached; an election, whether it stepped down in time.
 *
 * @example
 * ```ts
 * import { createHealth, healthOf } from "keelson/health";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const health = createHealth();
 * health.check("store", healthOf(memoryStore()), { timeout: "2s" });
 * (await health.report()).status // => "pass"
 * ```
 */
export function healthOf(part: HealthyPart): HealthCheck {
  return () => part.health();
}
