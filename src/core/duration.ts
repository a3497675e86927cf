import { shown } from "./check.js";

/**
 * A length of time: milliseconds, or a number with a unit such as `"250ms"`, `"15s"`, `"1.5m"`, `"2h"`, `"1d"`.
 *
 * @remarks `Infinity` (the number) means "never".
 */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const pattern = /^(\d+(?:\.\d+)?)(ms|[smhd])$/;

/**
 * Milliseconds in a {@link Duration}.
 *
 * @param option - Name of the option the duration was given as; it appears in the error.
 * @throws TypeError when `duration` is anything but a non-negative number or `<number>ms|s|m|h|d`.
 *
 * @example
 * ```ts
 * import { toMs } from "keelson/core";
 *
 * ([250, "15s", "1.5m", "1d"] as const).map((duration) => toMs(duration)) // => [250, 15_000, 90_000, 86_400_000]
 * toMs("soon" as "1s", "ttl"); // throws TypeError
 * ```
 */
export function toMs(duration: Duration, option = "duration"): number {
  if (typeof duration === "number") {
    if (duration >= 0) return duration;
  } else {
    const [, count, unit = ""] = pattern.exec(duration) ?? [];
    if (unit in units) return Number(count) * Number(units[unit]);
  }
  throw new TypeError(`Expected \`${option}\` to be a duration such as 250 or "15s", got ${shown(duration)}`);
}
