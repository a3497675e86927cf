import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkNumber } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { ask } from "./ask.js";
import { Call } from "./call.js";
import { ThrottledError } from "./errors.js";
import type { Policy } from "./policy.js";
import { start } from "./race.js";
import { RollingSum } from "./rolling-sum.js";

/** How eager {@link throttle} is. */
export interface ThrottleOptions {
  /** How many calls to send for each that is accepted; lower drops sooner. @defaultValue `2` */
  readonly k?: number;
  /** How far to look back. @defaultValue `"2m"` */
  readonly window?: Duration;
  /** Tells a refusal by an overloaded other side from other errors, which count as accepted. @defaultValue every error */
  readonly isRefusal?: (error: unknown) => boolean;
  /** Clock and randomness. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** A {@link Policy} that spares an overloaded dependency calls that it would refuse. */
export interface Throttle extends Policy {
  /** The share of calls that is dropped at the moment. */
  readonly probability: number;
}

const calls = 0;
const accepted = 1;

/**
 * Makes a client-side throttle: drops calls with probability `max(0, (calls - k × accepted) / (calls + 1))`.
 *
 * @remarks
 * The adaptive throttling of "Handling Overload" (Site Reliability Engineering, chapter 21), counted over `window`.
 * Dropped calls count as calls, so it keeps dropping until the other side accepts again.
 * @throws ThrottledError from `execute`, when the call is dropped.
 *
 * @example
 * ```ts
 * import { throttle } from "keelson/resilience";
 *
 * const spare = throttle({ k: 2 });
 * await spare.execute(() => "accepted") // => "accepted"
 * spare.probability // => 0
 * ```
 */
export function throttle({ k = 2, window = "2m", isRefusal, runtime }: ThrottleOptions = {}): Throttle {
  checkNumber("k", k, 1);
  const windowMs = toMs(window, "window");
  checkNumber("window", windowMs, 1);
  if (isRefusal !== undefined) checkFunction("isRefusal", isRefusal);
  const seam = runtime ?? currentRuntime();
  const sums = new RollingSum(seam, windowMs, 2);
  const probability = (): number => Math.max(0, (sums.sum(calls) - k * sums.sum(accepted)) / (sums.sum(calls) + 1));
  return {
    name: "throttle",
    get probability() {
      return probability();
    },
    async execute(fn, options) {
      checkFunction("fn", fn);
      const call = Call.of(options);
      call.throwIfAbandoned();
      const dropped = probability();
      sums.add(calls, 1);
      if (dropped > 0 && seam.random() < dropped) throw new ThrottledError({ probability: dropped });
      try {
        const value = await start(fn, call);
        sums.add(accepted, 1);
        return value;
      } catch (error) {
        // One that was given up says nothing: as if it had never been made, which is what accepting 1/k does.
        if (call.abandoned !== undefined) sums.add(accepted, 1 / k);
        else if (isRefusal !== undefined && !ask(error, () => isRefusal(error))) sums.add(accepted, 1);
        throw error;
      }
    },
  };
}
