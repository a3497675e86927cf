import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger, checkObject, checkOneOf } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { type Backoff, exponential } from "./backoff.js";
import type { CallOptions } from "./call.js";
import { type RetryBudget, checkBudget } from "./retry-budget.js";

/** One failed attempt that is about to be followed by another. */
export interface RetryEvent {
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** What it failed with. */
  readonly error: unknown;
  /** Milliseconds until the next attempt. */
  readonly delay: number;
}

/** When and how often {@link retry} and {@link retryPolicy} try again. */
export interface RetryPolicyOptions {
  /** How often to try again after the first attempt; `Infinity` is fine. @defaultValue `3` */
  readonly retries?: number | undefined;
  /** How long to wait before each retry. @defaultValue `exponential()` */
  readonly backoff?: Backoff | undefined;
  /** Tells failures worth a retry from those that will not go away. @defaultValue every failure */
  readonly retryIf?:
    ((error: unknown, failed: { readonly attempt: number }) => boolean | PromiseLike<boolean>) | undefined;
  /**
   * How long the other side asked to be left alone, if it did.
   *
   * @remarks
   * The delay is then the backoff's, raised or lowered into [asked, asked + 5 s]. `Infinity`, as of a circuit breaker
   * that is held open by hand, ends the retrying.
   */
  readonly retryAfter?: ((error: unknown) => Duration | undefined) | undefined;
  /** The extra load allowed, shared with other callers; an exhausted one ends the retrying. @defaultValue no limit */
  readonly budget?: RetryBudget | undefined;
  /**
   * How long all attempts and delays may take together.
   *
   * @remarks
   * When it passes during an attempt, the call rejects with a `TimeoutError` whose cause is the last failure; a delay
   * that would reach past it is not begun. @defaultValue no limit
   */
  readonly deadline?: Duration | undefined;
  /** Called before each delay. */
  readonly onRetry?: ((event: RetryEvent) => void) | undefined;
  /**
   * What to throw when there may be no further attempt: the last error itself, or a `RetryExhaustedError` around it.
   *
   * @defaultValue `"rethrow"`
   */
  readonly exhausted?: "rethrow" | "wrap" | undefined;
  /** Clock, timers and randomness. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** How {@link retry} goes about it. */
export interface RetryOptions extends RetryPolicyOptions, CallOptions {}

/** Options, checked and with their defaults in place. */
export interface RetryPlan extends RetryPolicyOptions {
  readonly runtime: Runtime;
  readonly retries: number;
  readonly deadline: number | undefined;
}

let usual: Backoff | undefined;

/** The backoff of a plan. */
export function backoffOf(plan: RetryPlan): Backoff {
  return plan.backoff ?? (usual ??= exponential());
}

let plain: RetryPlan | undefined;

/** The plan of a call without options; one serves for all, since it says nothing but the runtime. */
export function plainPlan(): RetryPlan {
  const runtime = currentRuntime();
  if (plain?.runtime !== runtime) plain = retryPlan({ runtime });
  return plain;
}

/** Checks options at the door. */
export function retryPlan(options: RetryPolicyOptions = {}): RetryPlan {
  checkObject("options", options);
  const { retries = 3, backoff, retryIf, retryAfter, budget, deadline, onRetry, exhausted } = options;
  if (retries !== Number.POSITIVE_INFINITY) checkInteger("retries", retries, 0);
  if (backoff !== undefined) checkFunction("backoff", backoff);
  if (retryIf !== undefined) checkFunction("retryIf", retryIf);
  if (retryAfter !== undefined) checkFunction("retryAfter", retryAfter);
  if (onRetry !== undefined) checkFunction("onRetry", onRetry);
  checkBudget(budget);
  if (exhausted !== undefined) checkOneOf("exhausted", exhausted, ["rethrow", "wrap"]);
  return {
    runtime: options.runtime ?? currentRuntime(),
    retries,
    backoff,
    retryIf,
    retryAfter,
    budget,
    deadline: deadline === undefined ? undefined : toMs(deadline, "deadline"),
    onRetry,
    exhausted,
  };
}
