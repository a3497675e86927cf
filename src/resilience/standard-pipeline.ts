import { checkObject } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { exponential } from "./backoff.js";
import { type BulkheadOptions, bulkhead } from "./bulkhead.js";
import { type CircuitBreakerOptions, circuitBreaker } from "./circuit-breaker.js";
import { Call } from "./call.js";
import { compose } from "./compose.js";
import { type HedgeOptions, hedge } from "./hedge.js";
import type { Policy } from "./policy.js";
import { start } from "./race.js";
import type { RetryPolicyOptions } from "./retry-options.js";
import { retryPolicy } from "./retry.js";
import { timeoutPolicy } from "./timeout-policy.js";

/** What {@link standardPipeline} consists of; `false` leaves a part out. */
export interface StandardPipelineOptions {
  /** How many calls at a time. @defaultValue 1,000, none waiting */
  readonly bulkhead?: BulkheadOptions | false;
  /** How long a call may take with all its retries; its function is left to itself then. @defaultValue `"30s"` */
  readonly totalTimeout?: Duration | false;
  /** How failures are retried. @defaultValue 3 times, after 2 s and twice as long each time, with full jitter */
  readonly retry?: RetryPolicyOptions | false;
  /** When to stop calling. @defaultValue for 5 s when a tenth of at least 100 calls in 30 s failed */
  readonly breaker?: CircuitBreakerOptions | false;
  /** When to start a second attempt beside a slow one. @defaultValue never */
  readonly hedge?: HedgeOptions | false;
  /** How long one attempt may take. @defaultValue `"10s"` */
  readonly attemptTimeout?: Duration | false;
  /** Clock, timers and randomness of all parts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * The usual order, ready made: bulkhead, total timeout, retry, circuit breaker, hedge, attempt timeout.
 *
 * @remarks
 * Order and figures are those of .NET's standard resilience handler (`Microsoft.Extensions.Http.Resilience`). Make one
 * for each dependency and share it.
 *
 * @example
 * ```ts
 * import { standardPipeline } from "keelson/resilience";
 *
 * const billing = standardPipeline({ attemptTimeout: "2s", retry: { retries: 2 } });
 * billing.name // => "bulkhead(timeout(retry(circuitBreaker(timeout))))"
 * await billing.execute(async ({ attempt }) => `invoice, at attempt ${attempt}`) // => "invoice, at attempt 1"
 * ```
 */
export function standardPipeline(options: StandardPipelineOptions = {}): Policy {
  const { runtime, totalTimeout = "30s", attemptTimeout = "10s" } = options;
  for (const part of ["bulkhead", "retry", "breaker", "hedge"] as const) {
    if (options[part] !== undefined && options[part] !== false) checkObject(part, options[part]);
  }
  const parts: (Policy | false)[] = [
    options.bulkhead !== false && bulkhead({ max: 1_000, runtime, ...options.bulkhead }),
    totalTimeout !== false && timeoutPolicy(toMs(totalTimeout, "totalTimeout"), { abandon: true, runtime }),
    options.retry !== false && retryPolicy({ backoff: exponential({ base: "2s" }), runtime, ...options.retry }),
    options.breaker !== false && circuitBreaker({ ...usualBreaker, runtime, ...options.breaker }),
    options.hedge !== undefined && options.hedge !== false && hedge({ runtime, ...options.hedge }),
    attemptTimeout !== false && timeoutPolicy(toMs(attemptTimeout, "attemptTimeout"), { runtime }),
  ];
  const [first, ...rest] = parts.filter((part) => part !== false);
  return first === undefined ? plain : compose(first, ...rest);
}

const usualBreaker: CircuitBreakerOptions = {
  trip: { kind: "sampling", threshold: 0.1, window: "30s", minimum: 100 },
  openFor: "5s",
};

const plain: Policy = { name: "plain", execute: (fn, options) => start(fn, Call.of(options)) };
