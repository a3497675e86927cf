import pRetry from "p-retry";
import { checkFunction } from "../core/check.js";
import { toMs } from "../core/duration.js";
import { TimeoutError } from "../core/errors.js";
import { ask, blamed } from "./ask.js";
import { clampDelay } from "./backoff.js";
import { type Attempt, Call } from "./call.js";
import { type RetryCallEvent, attemptFailed, callEnded } from "./diagnostics.js";
import { type GivingUp, RetryExhaustedError } from "./errors.js";
import type { Policy } from "./policy.js";
import { race } from "./race.js";
import {
  type RetryOptions,
  type RetryPlan,
  type RetryPolicyOptions,
  backoffOf,
  plainPlan,
  retryPlan,
} from "./retry-options.js";

/** How far past the time that the other side asked for a retry may come: enough to spread callers. */
const retryAfterSlack = 5_000;

/**
 * Calls `fn` until it succeeds, with a growing, jittered delay between attempts.
 *
 * @remarks
 * What `fn` throws last is thrown on unchanged, whatever it is; `retryIf` alone says what is worth a retry. What
 * `retryIf`, `retryAfter`, `backoff` or `onRetry` throws rejects the call, with the failure as its `cause`.
 *
 * **Cancel safety.** An abort of `signal` rejects at once with its reason, during a delay or an attempt, and nothing
 * is started after it. An attempt under way learns of it through `ctx.signal`; its result is lost.
 * @throws The last error of `fn`.
 * @throws TimeoutError when `deadline` passes during an attempt.
 * @throws RetryExhaustedError around the last error, where `exhausted: "wrap"` asks for it.
 *
 * @example
 * ```ts
 * import { exponential, retry } from "keelson/resilience";
 *
 * let calls = 0;
 * const flaky = async (): Promise<string> => {
 *   calls += 1;
 *   if (calls < 3) throw new Error("try again");
 *   return `after ${calls} attempts`;
 * };
 * await retry(flaky, { retries: 5, backoff: exponential({ base: 1, cap: 10 }) }) // => "after 3 attempts"
 * ```
 */
export function retry<T>(fn: Attempt<T>, options?: RetryOptions): Promise<T> {
  try {
    checkFunction("fn", fn);
    if (options === undefined) return run(plainPlan(), fn, Call.of(undefined));
    return run(retryPlan(options), fn, Call.of(options.signal === undefined ? undefined : options));
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * The same as a {@link Policy}, for {@link compose}; its options are checked once.
 *
 * @example
 * ```ts
 * import { constant, retryPolicy } from "keelson/resilience";
 *
 * const twice = retryPolicy({ retries: 1, backoff: constant(1) });
 * await twice.execute(({ attempt }) => (attempt === 1 ? Promise.reject(new Error("first")) : attempt)) // => 2
 * ```
 */
export function retryPolicy(options?: RetryPolicyOptions): Policy {
  const plan = retryPlan(options);
  return { name: "retry", execute: (fn, callOptions) => run(plan, fn, Call.of(callOptions)) };
}

/** The last failure of a call, for the error of its deadline. */
interface Progress {
  last: { readonly error: unknown } | undefined;
}

function run<T>(plan: RetryPlan, fn: Attempt<T>, outer: Call): Promise<T> {
  checkFunction("fn", fn);
  const gone = outer.abandoned;
  if (gone !== undefined) return Promise.reject(gone.reason);
  return callEnded.hasSubscribers ? runObserved(plan, fn, outer) : runUnobserved(plan, fn, outer);
}

async function runObserved<T>(plan: RetryPlan, fn: Attempt<T>, outer: Call): Promise<T> {
  const { runtime } = plan;
  const begun = runtime.now();
  let attempts = 0;
  const counted: Attempt<T> = (context) => {
    attempts += 1;
    return fn(context);
  };
  const tell = (outcome: RetryCallEvent["outcome"], error?: unknown): void => {
    callEnded.publish(Object.freeze({ attempts, outcome, durationMs: runtime.now() - begun, error }));
  };
  try {
    const value = await runUnobserved(plan, counted, outer);
    tell("ok");
    return value;
  } catch (error) {
    const isCancelled = outer.abandoned !== undefined || runtime.now() >= begun + (plan.deadline ?? Infinity);
    tell(isCancelled ? "cancelled" : "failed", error);
    throw error;
  }
}

function runUnobserved<T>(plan: RetryPlan, fn: Attempt<T>, outer: Call): Promise<T> {
  if (plan.deadline !== undefined) return runUntil(plan, plan.deadline, fn, outer);
  return firstAttempt(plan, fn, outer);
}

async function runUntil<T>(plan: RetryPlan, ms: number, fn: Attempt<T>, outer: Call): Promise<T> {
  const { runtime } = plan;
  const progress: Progress = { last: undefined };
  using call = outer.derive(runtime.now() + ms);
  const giveUp = (): void => {
    const { last } = progress;
    call.abort(new TimeoutError(ms, last === undefined ? undefined : { cause: last.error }));
  };
  using _timer = runtime.timer(ms, giveUp, "retry deadline");
  return await firstAttempt(plan, fn, call, progress);
}

/**
 * Most calls end here: p-retry comes in only when there is something to retry. Not an async function, because those
 * cost half as much again as all of this.
 */
function firstAttempt<T>(plan: RetryPlan, fn: Attempt<T>, call: Call, progress?: Progress): Promise<T> {
  const { budget } = plan;
  budget?.first();
  const attempt = race(plan.runtime, "retry", fn, call.numbered(1));
  const counted = budget === undefined ? attempt : attempt.then((value) => (budget.ended("first", "ok"), value));
  return counted.then(undefined, (error: unknown) => {
    budget?.ended("first", call.abandoned === undefined ? "failed" : "cancelled");
    return furtherAttempts(plan, fn, call, error, progress);
  });
}

/**
 * A failure on its way through p-retry, which would otherwise wrap what is no error, stop at a TypeError, and unwrap
 * whatever is of its own AbortError class.
 */
class Boxed extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super();
    this.failure = failure;
  }
}

async function furtherAttempts<T>(
  plan: RetryPlan,
  fn: Attempt<T>,
  call: Call,
  first: unknown,
  progress: Progress | undefined,
): Promise<T> {
  const { runtime, budget } = plan;
  if (progress !== undefined) progress.last = { error: first };
  let delay = 0;

  const attempt = async (number: number): Promise<T> => {
    if (number === 1) throw new Boxed(first);
    try {
      const value = await race(runtime, "retry", fn, call.numbered(number));
      budget?.ended("extra", "ok");
      return value;
    } catch (error) {
      budget?.ended("extra", call.abandoned === undefined ? "failed" : "cancelled");
      if (progress !== undefined) progress.last = { error };
      throw new Boxed(error);
    }
  };

  const isWorthRetry = (retryIf: NonNullable<RetryPlan["retryIf"]>, error: unknown, number: number) => {
    const judge = async (): Promise<boolean> => {
      try {
        return await retryIf(error, { attempt: number });
      } catch (thrown) {
        throw blamed(thrown, error);
      }
    };
    return race(runtime, "retryIf", judge, call);
  };

  const shouldRetry = async (context: { readonly error: Error; readonly attemptNumber: number }): Promise<boolean> => {
    const { attemptNumber: number } = context;
    const error = unboxed(context.error);
    call.throwIfAbandoned();
    if (plan.retryIf !== undefined && !(await isWorthRetry(plan.retryIf, error, number))) return false;
    call.throwIfAbandoned();
    const giveUp = (because: GivingUp): false => {
      if (plan.exhausted === "wrap") throw new RetryExhaustedError({ attempts: number, because }, { cause: error });
      return false;
    };
    if (number > plan.retries) return giveUp("retries");
    delay = ask(error, () => delayAfter(plan, number, delay, error));
    if (delay === Number.POSITIVE_INFINITY) return giveUp("retryAfter");
    if (runtime.now() + delay >= call.deadline) return giveUp("deadline");
    if (budget !== undefined && !budget.extra()) return giveUp("budget");
    try {
      if (attemptFailed.hasSubscribers) {
        attemptFailed.publish(Object.freeze({ attempt: number, delayMs: delay, error }));
      }
      ask(error, () => plan.onRetry?.({ attempt: number, error, delay }));
      await runtime.sleep(delay, { signal: call.signal });
    } catch (reason) {
      budget?.ended("extra", "cancelled");
      throw reason;
    }
    return true;
  };

  try {
    // Not its signal, maxRetryTime, randomize or shouldConsumeRetry: they run on the host's clock and chance, call an
    // abort a failure, and loop hot on a TypeError. Its own timers overflow from attempt 23, so the delay is not its.
    return await pRetry(attempt, { retries: Number.POSITIVE_INFINITY, minTimeout: 0, factor: 1, shouldRetry });
  } catch (error) {
    throw unboxed(error);
  }
}

function unboxed(error: unknown): unknown {
  return error instanceof Boxed ? error.failure : error;
}

/** `Infinity` where the other side is not to be asked again. */
function delayAfter(plan: RetryPlan, attempt: number, previous: number, error: unknown): number {
  const { runtime } = plan;
  const delay = backoffOf(plan)({ attempt, previous, error, random: () => runtime.random() });
  const asked = plan.retryAfter?.(error);
  if (asked === undefined) return clampDelay(delay);
  const least = toMs(asked, "retryAfter");
  if (least === Number.POSITIVE_INFINITY) return least;
  return clampDelay(Math.min(Math.max(delay, least), least + retryAfterSlack));
}
