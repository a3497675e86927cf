import { checkFunction, checkNumber, shown } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { type Jitter, checkJitter, jittered } from "./jitter.js";

/** The longest delay: Node fires timers above it at once, which would turn a long backoff into a busy loop. */
export const longestDelay: number = 2 ** 31 - 1;

/** What a {@link Backoff} decides by. */
export interface BackoffStep {
  /** The number of the attempt that has just failed, from 1. */
  readonly attempt: number;
  /** The delay before that attempt in milliseconds; 0 before the first retry. */
  readonly previous: number;
  /** What the attempt failed with. */
  readonly error: unknown;
  /** A random number in [0, 1), from the runtime. */
  readonly random: () => number;
}

/** Says how many milliseconds to wait before the next attempt. */
export type Backoff = (step: BackoffStep) => number;

/** What every backoff made here takes. */
export interface BackoffOptions {
  /** How delays are spread, so that callers that failed together do not come back together. @defaultValue `"none"` */
  readonly jitter?: Jitter;
  /** The longest delay. @defaultValue `2 ** 31 - 1` ms, the longest that timers can take */
  readonly cap?: Duration;
}

/** How {@link exponential} grows. */
export interface ExponentialOptions extends BackoffOptions {
  /** The delay before the first retry. @defaultValue `100` */
  readonly base?: Duration;
  /** By how much each delay is longer than the one before. @defaultValue `2` */
  readonly factor?: number;
  /** The longest delay. @defaultValue `"30s"` */
  readonly cap?: Duration;
  /** How delays are spread. @defaultValue `"full"` */
  readonly jitter?: Jitter;
}

/** How {@link linear} grows. */
export interface LinearOptions extends BackoffOptions {
  /** The delay before the first retry. @defaultValue `100` */
  readonly base?: Duration;
  /** By how much each delay is longer than the one before. @defaultValue `base` */
  readonly step?: Duration;
}

/** How {@link fibonacci} grows. */
export interface FibonacciOptions extends BackoffOptions {
  /** The delay before the first retry. @defaultValue `100` */
  readonly base?: Duration;
}

/**
 * The same delay each time.
 *
 * @example
 * ```ts
 * import { constant } from "keelson/resilience";
 *
 * const backoff = constant("250ms");
 * backoff({ attempt: 1, previous: 0, error: undefined, random: Math.random }) // => 250
 * ```
 */
export function constant(delay: Duration, options?: BackoffOptions): Backoff {
  const base = toMs(delay, "delay");
  return spread(() => base, base, options);
}

/**
 * Delays that grow by the same amount each time: `base + step * (attempt - 1)`.
 *
 * @example
 * ```ts
 * import { linear } from "keelson/resilience";
 *
 * const backoff = linear({ base: 100, step: 50 });
 * const delays = [1, 2, 3].map((attempt) => backoff({ attempt, previous: 0, error: undefined, random: Math.random }));
 * delays // => [100, 150, 200]
 * ```
 */
export function linear(options: LinearOptions = {}): Backoff {
  const base = toMs(options.base ?? 100, "base");
  const step = toMs(options.step ?? base, "step");
  return spread((attempt) => base + step * (attempt - 1), base, options);
}

/**
 * Delays that grow by a factor: `min(cap, base * factor ** (attempt - 1))`, with full jitter unless told otherwise.
 *
 * @remarks The formula and its jitters are those of "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 *
 * @example
 * ```ts
 * import { exponential } from "keelson/resilience";
 *
 * const backoff = exponential({ base: 100, cap: "1s", jitter: "none" });
 * const at = (attempt: number) => backoff({ attempt, previous: 0, error: undefined, random: Math.random });
 * [1, 2, 3, 4, 5, 1_000_000].map(at) // => [100, 200, 400, 800, 1_000, 1_000]
 * ```
 */
export function exponential({ cap = "30s", jitter = "full", ...options }: ExponentialOptions = {}): Backoff {
  const base = toMs(options.base ?? 100, "base");
  const factor = options.factor ?? 2;
  checkNumber("factor", factor, 1);
  return spread((attempt) => base * factor ** (attempt - 1), base, { cap, jitter });
}

/**
 * Delays that grow as the Fibonacci numbers do: `base` times 1, 1, 2, 3, 5, 8, …; gentler than doubling.
 *
 * @example
 * ```ts
 * import { fibonacci } from "keelson/resilience";
 *
 * const backoff = fibonacci({ base: 10 });
 * const at = (attempt: number) => backoff({ attempt, previous: 0, error: undefined, random: Math.random });
 * [1, 2, 3, 4, 5, 6].map(at) // => [10, 10, 20, 30, 50, 80]
 * ```
 */
export function fibonacci(options: FibonacciOptions = {}): Backoff {
  const base = toMs(options.base ?? 100, "base");
  return spread((attempt) => base * fibonacciNumber(attempt), base, options);
}

/**
 * Delays from a list; its last one is repeated.
 *
 * @throws RangeError when `delays` is empty.
 *
 * @example
 * ```ts
 * import { sequence } from "keelson/resilience";
 *
 * const backoff = sequence([0, "1s", "10s"]);
 * const at = (attempt: number) => backoff({ attempt, previous: 0, error: undefined, random: Math.random });
 * [1, 2, 3, 4].map(at) // => [0, 1_000, 10_000, 10_000]
 * ```
 */
export function sequence(delays: readonly Duration[], options?: BackoffOptions): Backoff {
  const list = delays.map((delay, index) => toMs(delay, `delays[${String(index)}]`));
  const last = list.at(-1);
  if (last === undefined) throw new RangeError("Expected `delays` to have at least one item, got an empty array");
  return spread((attempt) => list[attempt - 1] ?? last, list[0] ?? last, options);
}

/**
 * Delays from a function of yours, checked and clamped.
 *
 * @remarks The backoff throws a RangeError when the function answers anything but a non-negative number.
 *
 * @example
 * ```ts
 * import { custom } from "keelson/resilience";
 *
 * const backoff = custom(({ attempt }) => attempt ** 2);
 * backoff({ attempt: 3, previous: 0, error: undefined, random: Math.random }) // => 9
 * backoff({ attempt: 1e9, previous: 0, error: undefined, random: Math.random }) // => 2 ** 31 - 1
 * ```
 */
export function custom(delay: Backoff): Backoff {
  checkFunction("delay", delay);
  return (step) => clampDelay(delay(step));
}

/** A delay that timers can take. */
export function clampDelay(ms: number): number {
  if (ms >= 0) return Math.min(ms, longestDelay);
  throw new RangeError(`Expected a backoff to answer with a number of at least 0, got ${shown(ms)}`);
}

function spread(delayAt: (attempt: number) => number, base: number, options: BackoffOptions = {}): Backoff {
  const { jitter = "none", cap = longestDelay } = options;
  const longest = Math.min(toMs(cap, "cap"), longestDelay);
  checkJitter(jitter);
  // With a base of 0 an overflowing growth would be 0 * Infinity, which is NaN.
  const flat = base === 0 && delayAt(2) === 0 && delayAt(3) === 0;
  return (step) => {
    const delay = flat ? 0 : Math.min(longest, delayAt(step.attempt));
    return jittered(jitter, { delay, base: Math.min(base, longest), cap: longest }, step);
  };
}

function fibonacciNumber(n: number): number {
  let [previous, current] = [0, 1];
  // The 1477th exceeds what a number can hold; it stays there.
  for (let index = 1; index < n && current !== Number.POSITIVE_INFINITY; index += 1) {
    [previous, current] = [current, previous + current];
  }
  return current;
}
