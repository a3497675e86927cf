import { checkNumber, shown } from "../core/check.js";
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
  const given: unknown = result; // without types it may be anything
  if (Object(given) !== given || !("requeueAfter" in result || "requeueAt" in result)) {
    const expected = "Expected `reconcile` to return nothing, `{ requeueAfter }` or `{ requeueAt }`";
    throw new TypeError(`${expected}, got ${shown(given)}`);
  }
  if ("requeueAfter" in result) return toMs(result.requeueAfter, "requeueAfter");
  const at = result.requeueAt.getTime();
  checkNumber("requeueAt", at, 0);
  return at - runtime.wallNow();
}
