import { checkNumber } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";

/** The least time to live: less leaves no room for a renewal that is late. */
const shortestTtlMs = 2_000;

/** Milliseconds in a time to live, or a RangeError where that is too short, or never ends. */
export function checkTtl(ttl: Duration): number {
  const ms = toMs(ttl, "ttl");
  checkNumber("ttl", ms, shortestTtlMs);
  return ms;
}
