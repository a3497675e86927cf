import type { Runtime } from "../core/runtime.js";

/**
 * A delay ± 20 %, so that many who wait for the same do not come back together.
 *
 * @internal
 */
export function spread(runtime: Runtime, ms: number): number {
  return ms * (0.8 + 0.4 * runtime.random());
}
