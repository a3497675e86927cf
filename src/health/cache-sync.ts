import type { HealthCheck } from "./health-check.js";

/** What {@link cacheSync} asks; a `Manager` has it. */
export interface CachesLike {
  /** For each kind, whether its cache has taken in the initial list. */
  cachesSynced(): Readonly<Record<string, boolean>>;
}

/**
 * Whether every cache has taken in its initial list; until then controllers do not run. Names those that have not.
 *
 * @example
 * ```ts
 * import { cacheSync } from "keelson/health";
 *
 * const check = cacheSync({ cachesSynced: () => ({ Node: true, Workload: false }) });
 * await check({ signal: new AbortController().signal }) // => { status: "fail", message: "waiting for Workload" }
 * ```
 */
export function cacheSync(manager: CachesLike): HealthCheck {
  return () => {
    const caches = Object.entries(manager.cachesSynced());
    const waiting = caches.filter(([, isSynced]) => !isSynced).map(([kind]) => kind);
    if (caches.length === 0) return { status: "fail", message: "not started" };
    return waiting.length === 0 ? undefined : { status: "fail", message: `waiting for ${waiting.join(", ")}` };
  };
}
