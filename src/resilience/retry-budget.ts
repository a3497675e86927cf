import { currentRuntime } from "../core/ambient.js";
import { checkInteger, checkNumber, shown } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { RollingSum } from "./rolling-sum.js";

/** How an attempt ended, as a {@link RetryBudget} sees it; `"cancelled"` says nothing about the other side. */
export type AttemptOutcome = "ok" | "failed" | "cancelled";

/**
 * How much extra load all callers of one dependency may put on it together, by retries and hedges.
 *
 * @remarks
 * Share one budget among everything that calls the same dependency. An exhausted budget suppresses the extra attempt
 * only: what was tried already keeps its result. Make one with `retryBudget`.
 */
export interface RetryBudget {
  /** Counts a first attempt, which is always made. */
  first(): void;
  /** Asks for a further attempt; it counts as under way if the answer is `true`. */
  extra(): boolean;
  /** Says how an attempt ended. */
  ended(kind: "first" | "extra", outcome: AttemptOutcome): void;
}

/**
 * Refuses everything but a budget, if there is one.
 *
 * @internal
 */
export function checkBudget(budget: RetryBudget | undefined): void {
  if (budget === undefined || typeof (budget as Partial<RetryBudget> | null)?.extra === "function") return;
  throw new TypeError(`Expected \`budget\` to be a retry budget, got ${shown(budget)}`);
}

/** How {@link RetryBudgets.tokens} fills and empties. */
export interface TokenBudgetOptions {
  /** How many tokens there are at most, and at first. @defaultValue `10` */
  readonly max?: number;
  /** What a success gives back; a failure takes 1. @defaultValue `0.1` */
  readonly ratio?: number;
}

/** How much {@link RetryBudgets.ratio} allows. */
export interface RatioBudgetOptions {
  /** Extra attempts per first attempt. @defaultValue `0.2` */
  readonly ratio?: number;
  /** Extra attempts a second that are allowed whatever the traffic, for quiet times. @defaultValue `10` */
  readonly reserve?: number;
  /** The time over which they are counted. @defaultValue `"10s"` */
  readonly window?: Duration;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** How much {@link RetryBudgets.inflight} allows. */
export interface InflightBudgetOptions {
  /** Extra attempts per attempt under way. @defaultValue `0.2` */
  readonly ratio?: number;
  /** Extra attempts that are allowed however few are under way. @defaultValue `3` */
  readonly min?: number;
}

/** The three kinds of {@link RetryBudget}. */
export interface RetryBudgets {
  /** Extra attempts while more than half of the tokens are there, which failures take and successes give back. */
  tokens(options?: TokenBudgetOptions): RetryBudget;
  /** Extra attempts up to a share of the first attempts of the last seconds, and a few a second in any case. */
  ratio(options?: RatioBudgetOptions): RetryBudget;
  /** Extra attempts up to a share of the attempts under way, and a few in any case. */
  inflight(options?: InflightBudgetOptions): RetryBudget;
}

/**
 * Makes retry budgets.
 *
 * @remarks
 * `tokens` is the throttle of gRPC proposal A6; `ratio` is Finagle's `RetryBudget` with its defaults (20 %, 10 a
 * second, 10 s); `inflight` is Envoy's `retry_budget`.
 *
 * @example
 * ```ts
 * import { retryBudget } from "keelson/resilience";
 *
 * const budget = retryBudget.ratio({ ratio: 0.2, reserve: 0 });
 * for (let call = 0; call < 10; call += 1) budget.first();
 * [budget.extra(), budget.extra(), budget.extra()] // => [true, true, false]
 * ```
 */
export const retryBudget: RetryBudgets = { tokens, ratio, inflight };

function tokens({ max = 10, ratio: refund = 0.1 }: TokenBudgetOptions = {}): RetryBudget {
  checkNumber("max", max, 1);
  checkNumber("ratio", refund, 0);
  let left = max;
  return {
    first: () => undefined,
    extra: () => left > max / 2,
    ended(_kind, outcome) {
      if (outcome === "failed") left = Math.max(0, left - 1);
      else if (outcome === "ok") left = Math.min(max, left + refund);
    },
  };
}

/** What adding fractions up may be off by. */
const epsilon = 1e-9;

function ratio({ ratio: share = 0.2, reserve = 10, window = "10s", runtime }: RatioBudgetOptions = {}): RetryBudget {
  checkNumber("ratio", share, 0);
  checkNumber("reserve", reserve, 0);
  const windowMs = toMs(window, "window");
  checkNumber("window", windowMs, 1);
  const balance = new RollingSum(runtime ?? currentRuntime(), windowMs, 1);
  const always = (reserve * windowMs) / 1_000;
  return {
    first() {
      balance.add(0, share);
    },
    extra() {
      if (always + balance.sum(0) + epsilon < 1) return false;
      balance.add(0, -1);
      return true;
    },
    ended: () => undefined,
  };
}

function inflight({ ratio: share = 0.2, min = 3 }: InflightBudgetOptions = {}): RetryBudget {
  checkNumber("ratio", share, 0);
  checkInteger("min", min, 0);
  const underWay = { first: 0, extra: 0 };
  return {
    first() {
      underWay.first += 1;
    },
    extra() {
      if (underWay.extra >= Math.max(min, share * (underWay.first + underWay.extra))) return false;
      underWay.extra += 1;
      return true;
    },
    ended(kind) {
      underWay[kind] -= 1;
    },
  };
}
