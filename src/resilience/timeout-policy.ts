import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { TimeoutError } from "../core/errors.js";
import { isAbortOf } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { type Attempt, Call } from "./call.js";
import type { Policy } from "./policy.js";
import { race, start } from "./race.js";

/** How {@link timeoutPolicy} ends a call. */
export interface TimeoutPolicyOptions {
  /**
   * Whether to reject at once when the time is up, and leave the function to itself; otherwise its signal aborts, and
   * the call ends when the function does.
   *
   * @defaultValue `false`
   */
  readonly abandon?: boolean;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A {@link Policy} that gives a call so much time; then its `ctx.signal` aborts.
 *
 * @remarks
 * It is cooperative: a function that ends with a result all the same is believed, and one that never looks at its
 * signal is waited for, so that a limit outside counts it for as long as it runs. `abandon` trades that for
 * punctuality; a failure that comes afterwards goes to the runtime's `report`.
 * @throws TimeoutError when the function fails after the time was up; an error of its own is the `cause`.
 *
 * @example
 * ```ts
 * import { TimeoutError } from "keelson/core";
 * import { timeoutPolicy } from "keelson/resilience";
 * import { sleep } from "keelson/time";
 *
 * await timeoutPolicy("2s").execute(() => "in time") // => "in time"
 * await timeoutPolicy(5).execute(({ signal }) => sleep("1h", { signal })); // throws TimeoutError
 * ```
 */
export function timeoutPolicy(timeout: Duration, options: TimeoutPolicyOptions = {}): Policy {
  const { abandon = false, runtime = currentRuntime() } = options;
  const ms = toMs(timeout, "timeout");
  const run = abandon ? race : startIn;
  return {
    name: "timeout",
    async execute<T>(fn: Attempt<T>, callOptions?: Parameters<Policy["execute"]>[1]): Promise<T> {
      checkFunction("fn", fn);
      const outer = Call.of(callOptions);
      outer.throwIfAbandoned();
      const call = outer.derive(runtime.now() + ms);
      let timedOut: TimeoutError | undefined;
      const timer = runtime.timer(
        ms,
        () => {
          if (call.abandoned !== undefined) return;
          timedOut = new TimeoutError(ms);
          call.abort(timedOut);
        },
        "timeout",
      );
      try {
        return await run(runtime, "timeout", fn, call);
      } catch (error) {
        if (timedOut === undefined) throw error;
        throw isAbortOf(error, timedOut) ? timedOut : new TimeoutError(ms, { cause: error });
      } finally {
        timer[Symbol.dispose]();
        call[Symbol.dispose]();
      }
    },
  };
}

function startIn<T>(_runtime: Runtime, _label: string, fn: Attempt<T>, call: Call): Promise<T> {
  return start(fn, call);
}
