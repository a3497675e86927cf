import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger, checkNumber, checkObject } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { isAbortOf } from "../core/operation.js";
import type { Runtime, TimerHandle } from "../core/runtime.js";
import { type Attempt, Call, type CallOptions } from "./call.js";
import { hedged } from "./diagnostics.js";
import { LatencyQuantile } from "./latency.js";
import type { Policy } from "./policy.js";
import { start } from "./race.js";
import { type RetryBudget, checkBudget } from "./retry-budget.js";

/** A delay that follows how long calls take. */
export interface QuantileDelay {
  /** Which quantile of the latest latencies, such as 0.95. */
  readonly quantile: number;
  /** The delay until enough calls have been seen. */
  readonly initial: Duration;
}

/** When {@link hedge} starts a further attempt. */
export interface HedgeOptions {
  /** How long an attempt may take before the next one is started beside it. */
  readonly after: Duration | QuantileDelay;
  /** How many further attempts there may be. @defaultValue `1` */
  readonly max?: number;
  /** The extra load allowed, shared with retries; an exhausted one starts no further attempt. @defaultValue no limit */
  readonly budget?: RetryBudget | undefined;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A {@link Policy} that starts a second attempt when the first is slow, and takes whichever succeeds first.
 *
 * @remarks
 * For what may safely run twice; `ctx.attempt` counts on for each. The others' `ctx.signal` aborts then. A
 * failure counts only when no attempt is left that might succeed; trying again after one is a retry's business. After
 * "The Tail at Scale" (Dean and Barroso, 2013).
 *
 * @example
 * ```ts
 * import { hedge } from "keelson/resilience";
 * import { sleep } from "keelson/time";
 *
 * const second = hedge({ after: 5 });
 * const slowAtFirst = ({ attempt, signal }: { attempt: number; signal: AbortSignal }) =>
 *   attempt === 1 ? sleep("1h", { signal }).then(() => "first") : "second";
 * await second.execute(slowAtFirst) // => "second"
 * ```
 */
export function hedge(options: HedgeOptions): Policy {
  checkObject("options", options);
  const { after, max = 1, budget, runtime = currentRuntime() } = options;
  checkBudget(budget);
  checkInteger("max", max, 1);
  const delay = delayOf(after);
  return {
    name: "hedge",
    execute<T>(fn: Attempt<T>, callOptions?: CallOptions): Promise<T> {
      checkFunction("fn", fn);
      return new Hedging<T>(runtime, delay, max, budget).run(fn, Call.of(callOptions));
    },
  };
}

function delayOf(after: Duration | QuantileDelay): LatencyQuantile | number {
  if (typeof after !== "object") return toMs(after, "after");
  checkNumber("after.quantile", after.quantile, 0, 1);
  return new LatencyQuantile(after.quantile, toMs(after.initial, "after.initial"));
}

/** One call and its attempts. */
class Hedging<T> {
  readonly #runtime: Runtime;
  readonly #delay: LatencyQuantile | number;
  readonly #max: number;
  readonly #budget: RetryBudget | undefined;
  readonly #running = new Set<Call>();
  #started = 0;
  #timer: TimerHandle | undefined = undefined;
  #settled = false;

  constructor(runtime: Runtime, delay: LatencyQuantile | number, max: number, budget: RetryBudget | undefined) {
    this.#runtime = runtime;
    this.#delay = delay;
    this.#max = max;
    this.#budget = budget;
  }

  run(fn: Attempt<T>, outer: Call): Promise<T> {
    const gone = outer.abandoned;
    if (gone !== undefined) return Promise.reject(gone.reason);
    return new Promise((resolve, reject) => {
      const startNext = (): void => {
        const isFirst = this.#started === 0;
        if (isFirst) this.#budget?.first();
        else if (outer.abandoned !== undefined || this.#budget?.extra() === false) return;
        this.#started += 1;
        if (!isFirst && hedged.hasSubscribers) hedged.publish(Object.freeze({ attempt: this.#started }));
        if (this.#started <= this.#max) this.#schedule(startNext);
        this.#attempt(fn, outer, isFirst ? "first" : "extra").then(resolve, (error: unknown) => {
          if (this.#settled || this.#running.size > 0) return;
          this.#settle();
          reject(error);
        });
      };
      startNext();
    });
  }

  #schedule(startNext: () => void): void {
    const ms = typeof this.#delay === "number" ? this.#delay : this.#delay.value;
    if (this.#timer === undefined) this.#timer = this.#runtime.timer(ms, startNext, "hedge");
    else this.#timer.reset(ms);
  }

  async #attempt(fn: Attempt<T>, outer: Call, kind: "first" | "extra"): Promise<T> {
    const call = outer.derive(outer.deadline, outer.attempt + this.#started - 1);
    this.#running.add(call);
    const begun = typeof this.#delay === "number" ? 0 : this.#runtime.now();
    try {
      const value = await start(fn, call);
      this.#budget?.ended(kind, "ok");
      if (typeof this.#delay !== "number") this.#delay.add(this.#runtime.now() - begun);
      this.#running.delete(call);
      this.#settle();
      return value;
    } catch (error) {
      const gone = call.abandoned;
      this.#budget?.ended(kind, gone === undefined ? "failed" : "cancelled");
      this.#running.delete(call);
      if (this.#settled && (gone === undefined || !isAbortOf(error, gone.reason))) {
        this.#runtime.report(error, { task: "hedge" });
      }
      throw error;
    } finally {
      call[Symbol.dispose]();
    }
  }

  #settle(): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#timer?.[Symbol.dispose]();
    for (const call of this.#running) call.abort(overtaken());
  }
}

function overtaken(): DOMException {
  return new DOMException("another attempt was faster", "AbortError");
}
