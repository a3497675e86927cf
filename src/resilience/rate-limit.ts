import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger, checkObject, checkPositive } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { CountedList } from "../core/counted-list.js";
import type { Runtime, TimerHandle } from "../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
import { wait } from "../core/wait.js";
import { Call } from "./call.js";
import { RateLimitedError } from "./errors.js";
import type { Policy } from "./policy.js";
import { start } from "./race.js";

/** How many calls {@link rateLimit} lets through. */
export interface RateLimitOptions {
  /** How many calls in each `per`. */
  readonly rate: number;
  /** The time in which `rate` calls may be made. @defaultValue `"1s"` */
  readonly per?: Duration;
  /** How many calls may come at once after a pause. @defaultValue `1` */
  readonly burst?: number;
  /** How long a call may wait for its turn before it is refused. @defaultValue `0` */
  readonly wait?: Duration;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A {@link Policy} that lets calls begin at a steady rate, first come first served.
 *
 * @remarks
 * The generic cell rate algorithm (ITU-T I.371): calls are `per / rate` apart, and a pause saves up at most `burst` of
 * them. In any time `t` at most `burst + t × rate / per` calls begin.
 *
 * **Cancel safety.** A call that is given up while it waits uses up nothing.
 * @throws RateLimitedError from `execute`, at once, when its turn would come later than it may wait.
 *
 * @example
 * ```ts
 * import { rateLimit } from "keelson/resilience";
 *
 * const tenASecond = rateLimit({ rate: 10, burst: 2, wait: "1m" });
 * await Promise.all([1, 2, 3].map((n) => tenASecond.execute(() => n))) // => [1, 2, 3]
 * ```
 */
export function rateLimit(options: RateLimitOptions): Policy {
  checkObject("options", options);
  const { rate, per = "1s", burst = 1, wait: longest = 0, runtime = currentRuntime() } = options;
  checkPositive("rate", rate);
  const perMs = toMs(per, "per");
  checkPositive("per", perMs);
  checkInteger("burst", burst, 1);
  const gate = new Gcra(runtime, perMs / rate, burst);
  const longestMs = toMs(longest, "wait");
  return {
    name: "rateLimit",
    async execute(fn, callOptions) {
      checkFunction("fn", fn);
      const call = Call.of(callOptions);
      call.throwIfAbandoned();
      const retryAfterMs = gate.msUntilTurn();
      if (retryAfterMs > longestMs) throw new RateLimitedError({ retryAfterMs });
      if (retryAfterMs > 0) {
        await wait(runtime, "rateLimit", gate, { signal: call.isAbortable ? call.signal : undefined });
      } else gate.take();
      return start(fn, call);
    },
  };
}

class Gcra implements Source<void> {
  readonly #runtime: Runtime;
  readonly #interval: number;
  readonly #tolerance: number;
  readonly #line = new CountedList<Waiter<void>>();
  #timer: TimerHandle | undefined = undefined;
  /** The theoretical arrival time: when the next call would be due at a steady pace. */
  #due = Number.NEGATIVE_INFINITY;

  constructor(runtime: Runtime, interval: number, burst: number) {
    this.#runtime = runtime;
    this.#interval = interval;
    this.#tolerance = interval * (burst - 1);
  }

  /** How long one who comes now would wait, behind all who wait already. */
  msUntilTurn(): number {
    const ahead = this.#line.length * this.#interval;
    const now = this.#runtime.now();
    const ms = Math.max(this.#due, now) + ahead - this.#tolerance - now;
    return Math.max(ms, this.#line.length === 0 ? 0 : Number.MIN_VALUE);
  }

  take(): void {
    this.#due = Math.max(this.#due, this.#runtime.now()) + this.#interval;
  }

  poll(): typeof PENDING {
    return PENDING;
  }

  arm(waiter: Waiter<void>): void {
    this.#line.push(waiter);
    if (this.#line.length === 1) this.#schedule();
  }

  disarm(waiter: Waiter<void>): void {
    waiter.unlink();
    if (this.#line.length === 0) this.#timer?.[Symbol.dispose]();
  }

  #schedule(): void {
    const ms = Math.max(0, this.#due - this.#tolerance - this.#runtime.now());
    if (this.#timer === undefined) this.#timer = this.#runtime.timer(ms, this.#turn, "rateLimit");
    else this.#timer.reset(ms);
  }

  readonly #turn = (): void => {
    const next = this.#line.shift();
    if (next === undefined) return;
    this.take();
    if (this.#line.length > 0) this.#schedule();
    next.commit();
  };
}
