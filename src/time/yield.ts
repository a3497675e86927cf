import { currentRuntime } from "../core/ambient.js";

/**
 * Lets timers and I/O run before it resolves.
 *
 * @remarks keelson's own operations do that by themselves after every 256th; loops that await other things may starve
 * the event loop and should call this now and then.
 *
 * @example
 * ```ts
 * import { yieldNow } from "keelson/time";
 *
 * let fired = false;
 * setImmediate(() => { fired = true; });
 * await yieldNow();
 * fired // => true
 * ```
 */
export function yieldNow(): Promise<void> {
  return currentRuntime().yieldNow();
}

/**
 * Counts as one operation: resolves at once, or, after the 256th since the event loop last turned, in its next turn.
 *
 * @remarks For loops that await nothing of keelson's; far cheaper than {@link yieldNow} at each step.
 *
 * @example
 * ```ts
 * import { consumeBudget } from "keelson/time";
 *
 * let fired = false;
 * setImmediate(() => { fired = true; });
 * for (let step = 0; step < 1_000; step++) await consumeBudget();
 * fired // => true
 * ```
 */
export function consumeBudget(): Promise<void> {
  return currentRuntime().ready(undefined);
}

/**
 * Whether a ready operation would complete at once now: `false` once 256 have completed since the event loop last turned.
 *
 * @remarks For loops that may stop at any step: rather than yield, they can leave the rest for another time.
 *
 * @example
 * ```ts
 * import { consumeBudget, hasBudget, yieldNow } from "keelson/time";
 *
 * await yieldNow();
 * let steps = 0;
 * for (; hasBudget() && steps < 1_000; steps++) void consumeBudget();
 * steps <= 256 // => true
 * hasBudget() // => false
 * await consumeBudget(); // the event loop turns meanwhile
 * hasBudget() // => true
 * ```
 */
export function hasBudget(): boolean {
  return currentRuntime().hasBudget();
}
