import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { HealthCheck } from "./health-check.js";
import { since } from "./since.js";

/** When {@link leader} fails. */
export interface LeaderOptions {
  /** How long there may be none; a change of leaders takes about a lease's time to live. @defaultValue `"30s"` */
  readonly failAfter?: Duration | undefined;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Whether somebody leads: warns while nobody does, fails when that lasts.
 *
 * @param current - Who leads now, such as `() => observed.borrow()`; nothing when nobody does.
 *
 * @example
 * ```ts
 * import { leader } from "keelson/health";
 *
 * let leads: string | undefined = "node-1";
 * const check = leader(() => leads);
 * const context = { signal: new AbortController().signal };
 * await check(context) // => { status: "pass", details: { leader: "node-1" } }
 * leads = undefined;
 * await check(context) // => { status: "warn", message: "nobody has led for 0 ms" }
 * ```
 */
export function leader(current: () => string | undefined, options: LeaderOptions = {}): HealthCheck {
  const { runtime = currentRuntime() } = options;
  const failAfterMs = toMs(options.failAfter ?? "30s", "failAfter");
  const leaderless = since(runtime);
  return () => {
    const name = current();
    const forMs = leaderless(name === undefined);
    if (name !== undefined) return { status: "pass", details: { leader: name } };
    const message = `nobody has led for ${String(Math.round(forMs))} ms`;
    return { status: forMs >= failAfterMs ? "fail" : "warn", message };
  };
}
