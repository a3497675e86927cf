/**
 * Retries, limits and other policies for calls that may fail, on a clock that tests can hold.
 *
 * @module resilience
 */
export { type AdaptiveLimit, type AdaptiveLimitOptions, adaptiveLimit } from "./adaptive-limit.js";
export {
  type Backoff,
  type BackoffOptions,
  type BackoffStep,
  type ExponentialOptions,
  type FibonacciOptions,
  type LinearOptions,
  constant,
  custom,
  exponential,
  fibonacci,
  linear,
  sequence,
} from "./backoff.js";
export { type Bulkhead, type BulkheadOptions, bulkhead } from "./bulkhead.js";
export type { Attempt, CallContext, CallOptions } from "./call.js";
export {
  type CircuitBreaker,
  type CircuitBreakerOptions,
  type CircuitEvents,
  type CircuitState,
  circuitBreaker,
} from "./circuit-breaker.js";
export { type Coalesce, coalesce } from "./coalesce.js";
export { type FallbackOf, compose } from "./compose.js";
export {
  CircuitOpenError,
  type GivingUp,
  QueueFullError,
  RateLimitedError,
  RetryExhaustedError,
  ThrottledError,
} from "./errors.js";
export type { CircuitEvent, HedgeEvent, RetryAttemptEvent, RetryCallEvent } from "./diagnostics.js";
export { type FallbackOptions, fallback } from "./fallback.js";
export { type HedgeOptions, type QuantileDelay, hedge } from "./hedge.js";
export type { Jitter } from "./jitter.js";
export {
  type AimdOptions,
  type Gradient2Options,
  type LimitAlgorithm,
  type LimitBounds,
  type LimitSample,
  aimd,
  gradient2,
  vegas,
} from "./limit-algorithm.js";
export { type Limit, type LimitOptions, limit } from "./limit.js";
export type { Policy } from "./policy.js";
export { type RateLimitOptions, rateLimit } from "./rate-limit.js";
export { parseRetryAfter } from "./retry-after.js";
export {
  type AttemptOutcome,
  type InflightBudgetOptions,
  type RatioBudgetOptions,
  type RetryBudget,
  type RetryBudgets,
  type TokenBudgetOptions,
  retryBudget,
} from "./retry-budget.js";
export type { RetryEvent, RetryOptions, RetryPolicyOptions } from "./retry-options.js";
export { retry, retryPolicy } from "./retry.js";
export { type StandardPipelineOptions, standardPipeline } from "./standard-pipeline.js";
export { type Throttle, type ThrottleOptions, throttle } from "./throttle.js";
export { type TimeoutPolicyOptions, timeoutPolicy } from "./timeout-policy.js";
export type { Trip } from "./trip.js";
