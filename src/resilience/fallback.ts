import { checkFunction } from "../core/check.js";
import { ask } from "./ask.js";
import { Call } from "./call.js";
import type { Policy } from "./policy.js";
import { start } from "./race.js";

/** When {@link fallback} steps in. */
export interface FallbackOptions {
  /** Tells failures that may be covered from those that may not. @defaultValue every failure */
  readonly fallbackIf?: (error: unknown) => boolean;
}

/**
 * A {@link Policy} that answers failures with something else: the last known value, an empty list, a second source.
 *
 * @remarks A call that its caller gave up is not answered: it rejects with the reason.
 *
 * @example
 * ```ts
 * import { fallback } from "keelson/resilience";
 *
 * const orNothing = fallback(() => []);
 * await orNothing.execute(() => Promise.reject(new Error("down"))) // => []
 * ```
 */
export function fallback<F>(
  instead: (error: unknown) => F | PromiseLike<F>,
  { fallbackIf }: FallbackOptions = {},
): Policy<F> {
  checkFunction("instead", instead);
  if (fallbackIf !== undefined) checkFunction("fallbackIf", fallbackIf);
  return {
    name: "fallback",
    async execute(fn, options) {
      checkFunction("fn", fn);
      const call = Call.of(options);
      call.throwIfAbandoned();
      try {
        return await start(fn, call);
      } catch (error) {
        if (call.abandoned !== undefined || ask(error, () => fallbackIf?.(error)) === false) throw error;
        return await instead(error);
      }
    },
  };
}
