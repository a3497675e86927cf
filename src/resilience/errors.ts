import { KeelsonError } from "../core/errors.js";

/**
 * What kept a retry from going on: no retries left, an exhausted budget, a delay past the deadline, or a `retryAfter` of
 * `Infinity`.
 */
export type GivingUp = "retries" | "budget" | "deadline" | "retryAfter";

/**
 * A call was tried as often as it may be; thrown only where `exhausted: "wrap"` asks for it.
 *
 * @example
 * ```ts
 * import { RetryExhaustedError, constant, retry } from "keelson/resilience";
 *
 * const down = () => Promise.reject(new Error("connection refused"));
 * await retry(down, { retries: 1, backoff: constant(1), exhausted: "wrap" }); // throws RetryExhaustedError
 * ```
 */
export class RetryExhaustedError extends KeelsonError {
  override readonly name = "RetryExhaustedError";
  readonly code = "RETRY_EXHAUSTED";
  /** How many attempts were made. */
  readonly attempts: number;
  /** What kept it from making another. */
  readonly because: GivingUp;

  constructor(detail: { readonly attempts: number; readonly because: GivingUp }, options?: ErrorOptions) {
    super(`gave up after ${String(detail.attempts)} attempts: ${sentences[detail.because]}`, options);
    this.attempts = detail.attempts;
    this.because = detail.because;
  }
}

const sentences: Readonly<Record<GivingUp, string>> = {
  retries: "no retries left",
  budget: "the retry budget is exhausted",
  deadline: "the next attempt would start after the deadline",
  retryAfter: "the other side asked never to be called again",
};

/**
 * A queue is as long as it may get, so the call was refused at once.
 *
 * @example
 * ```ts
 * import { QueueFullError, limit } from "keelson/resilience";
 *
 * const one = limit(1, { queue: 0 });
 * void one(() => new Promise(() => {}));
 * await one(() => 2); // throws QueueFullError
 * ```
 */
export class QueueFullError extends KeelsonError {
  override readonly name = "QueueFullError";
  readonly code = "QUEUE_FULL";
  /** How many may wait. */
  readonly queue: number;

  constructor(detail: { readonly queue: number }, options?: ErrorOptions) {
    super(`all slots are taken and ${String(detail.queue)} calls wait already`, options);
    this.queue = detail.queue;
  }
}

/**
 * A circuit breaker is open: the call was refused without being tried.
 *
 * @example
 * ```ts
 * import { CircuitOpenError, circuitBreaker } from "keelson/resilience";
 *
 * const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 } });
 * await breaker.execute(() => Promise.reject(new Error("down"))).catch(() => "failed") // => "failed"
 * await breaker.execute(() => "not called"); // throws CircuitOpenError
 * ```
 */
export class CircuitOpenError extends KeelsonError {
  override readonly name = "CircuitOpenError";
  readonly code = "CIRCUIT_OPEN";
  /**
   * Milliseconds until it lets a call through to see: 0 while such a trial call is under way, `Infinity` while it is
   * held open by hand.
   */
  readonly retryAfterMs: number;

  constructor(detail: { readonly retryAfterMs: number }, options?: ErrorOptions) {
    super(`the circuit is ${howLongOpen(detail.retryAfterMs)}`, options);
    this.retryAfterMs = detail.retryAfterMs;
  }
}

function howLongOpen(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return "held open";
  return ms > 0
    ? `open for another ${String(Math.ceil(ms))} ms`
    : "half-open, with as many trial calls as it lets through";
}

/**
 * A rate limit left no room for the call within the time that it may wait.
 *
 * @example
 * ```ts
 * import { RateLimitedError, rateLimit } from "keelson/resilience";
 *
 * const oncePerMinute = rateLimit({ rate: 1, per: "1m" });
 * await oncePerMinute.execute(() => "first") // => "first"
 * await oncePerMinute.execute(() => "second"); // throws RateLimitedError
 * ```
 */
export class RateLimitedError extends KeelsonError {
  override readonly name = "RateLimitedError";
  readonly code = "RATE_LIMITED";
  /** Milliseconds until there would be room. */
  readonly retryAfterMs: number;

  constructor(detail: { readonly retryAfterMs: number }, options?: ErrorOptions) {
    super(`over the rate limit for another ${String(Math.ceil(detail.retryAfterMs))} ms`, options);
    this.retryAfterMs = detail.retryAfterMs;
  }
}

/**
 * A client-side throttle dropped the call, because the other side refuses most of what it gets.
 *
 * @example
 * ```ts
 * import { ThrottledError } from "keelson/resilience";
 *
 * new ThrottledError({ probability: 0.75 }).message // => "throttled: the other side refuses too much (75 % dropped)"
 * ```
 */
export class ThrottledError extends KeelsonError {
  override readonly name = "ThrottledError";
  readonly code = "THROTTLED";
  /** The share of calls that is dropped at the moment. */
  readonly probability: number;

  constructor(detail: { readonly probability: number }, options?: ErrorOptions) {
    super(`throttled: the other side refuses too much (${(100 * detail.probability).toFixed(0)} % dropped)`, options);
    this.probability = detail.probability;
  }
}
