import { checkFunction } from "../core/check.js";
import type { Policy } from "./policy.js";

/** What one of several policies may answer with instead of the function's own result. */
export type FallbackOf<P> = P extends Policy<infer F> ? F : never;

/**
 * One {@link Policy} of several: the first is the outermost, the last the one closest to the function.
 *
 * @remarks
 * Each sees the call as the one outside it lets it: its signal, its deadline and the number of the attempt. No signal
 * is made unless somebody reads it.
 *
 * @example
 * ```ts
 * import { compose, constant, fallback, retryPolicy, timeoutPolicy } from "keelson/resilience";
 *
 * const careful = compose(
 *   fallback(() => "nothing"),
 *   retryPolicy({ retries: 2, backoff: constant(1) }),
 *   timeoutPolicy("5s"),
 * );
 * careful.name // => "fallback(retry(timeout))"
 * await careful.execute(({ attempt }) => (attempt < 3 ? Promise.reject(new Error("again")) : attempt)) // => 3
 * await careful.execute(() => Promise.reject(new Error("down"))) // => "nothing"
 * ```
 */
export function compose<const P extends readonly [Policy<unknown>, ...Policy<unknown>[]]>(
  ...policies: P
): Policy<FallbackOf<P[number]>> {
  const given: readonly unknown[] = policies;
  if (given.length === 0) throw new TypeError("Expected `policies` to be at least one policy, got none");
  for (const [place, policy] of given.entries()) {
    checkFunction(`policies[${place}].execute`, (policy as Partial<Policy> | null | undefined)?.execute);
  }
  return policies.reduceRight((inner, outer) => nest(outer, inner));
}

function nest(outer: Policy<unknown>, inner: Policy<unknown>): Policy<unknown> {
  return {
    name: `${outer.name}(${inner.name})`,
    execute(fn, options) {
      checkFunction("fn", fn);
      return outer.execute((context) => inner.execute(fn, context), options);
    },
  };
}
