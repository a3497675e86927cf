import { currentRuntime } from "../core/ambient.js";
import type { Runtime } from "../core/runtime.js";

/**
 * Milliseconds that a `Retry-After` header asks to wait: it holds seconds or a date (RFC 9110, 10.2.3).
 *
 * @returns Nothing when there is no header, or one that means nothing; 0 when the date has passed.
 *
 * @example
 * ```ts
 * import { parseRetryAfter } from "keelson/resilience";
 *
 * parseRetryAfter("120") // => 120_000
 * parseRetryAfter("Wed, 21 Oct 2015 07:28:00 GMT") // => 0
 * parseRetryAfter(null) // => undefined
 * ```
 */
export function parseRetryAfter(
  header: string | null | undefined,
  { runtime = currentRuntime() }: { readonly runtime?: Runtime } = {},
): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - runtime.wallNow());
}
