import { checkNumber } from "../core/check.js";
import { type Runtime, toMs } from "../core/index.js";
import type { ReconcileResult } from "./controller.js";

/**
 * Milliseconds until a key is to be looked at again, if at all.
 *
 * @throws TypeError, RangeError for a result that says no time.
 * @internal
 */
export function requeueMs(result: ReconcileResult | undefined, runtime: Runtime): number | undefined {
  if (result === undefined) return undefined;
  if ("requeueAfter" in result) return toMs(result.requeueAfter, "requeueAfter");
  const at = result.requeueAt.getTime();
  checkNumber("requeueAt", at, 0);
  return at - runtime.wallNow();
}
