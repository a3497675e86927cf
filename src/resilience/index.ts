/**
 * Retries, limits and other policies for calls that may fail, on a clock that tests can hold.
 *
 * @module resilience
 */
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
export type { Attempt, CallContext, CallOptions } from "./call.js";
export { type GivingUp, QueueFullError, RetryExhaustedError } from "./errors.js";
export type { Jitter } from "./jitter.js";
export { type Limit, type LimitOptions, limit } from "./limit.js";
export type { Policy } from "./policy.js";
export type { AttemptOutcome, RetryBudget } from "./retry-budget.js";
export type { RetryEvent, RetryOptions, RetryPolicyOptions } from "./retry-options.js";
export { retry, retryPolicy } from "./retry.js";
