import { isKeelsonError } from "../core/errors.js";

const passing: readonly string[] = [
  "STORE_NOT_APPLIED",
  "STORE_AMBIGUOUS",
  "STORE_UNAVAILABLE",
  "STORE_LEASE_NOT_FOUND",
  "STORE_WATCH_LAGGED",
  "STORE_COMPACTED",
  "LEASE_LOST",
  "TIMEOUT",
];

/**
 * Whether trying again may help: the store could not be reached, or did not do or say what was asked. Credentials that
 * are refused or a store that was closed stay so.
 *
 * @internal
 */
export function isPassing(error: unknown): boolean {
  return passing.some((code) => isKeelsonError(error, code));
}
