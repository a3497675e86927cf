import { currentRuntime } from "../core/ambient.js";
import { cancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { checkOneOf } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { showing } from "../core/inspectable.js";
import type { Runtime } from "../core/runtime.js";
import type { Selectable, Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Alarm } from "./alarm.js";
import { checkInstant } from "./instant.js";

/**
 * What becomes of ticks that nobody took in time: `"skip"` drops them and keeps the rhythm, `"burst"` delivers them one
 * after the other, `"delay"` drops them and counts the period from the late tick.
 */
export type MissedTicks = "skip" | "burst" | "delay";

/** How an {@link interval} ticks. */
export interface IntervalOptions {
  /**
   * What becomes of ticks more than 5 ms late.
   *
   * @remarks After a stall of the event loop a burst does harm, hence the default (Tokio's is `"burst"`).
   * @defaultValue `"skip"`
   */
  readonly missed?: MissedTicks | undefined;
  /** How long from now the first tick is due. @defaultValue `0`: at once */
  readonly start?: Duration | undefined;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** Ticks at a fixed rhythm; a branch of `select` and an endless async iterable of the instants. */
export interface Interval extends Selectable<number>, AsyncIterable<number> {
  /** Milliseconds between ticks. */
  readonly period: number;
  /** What becomes of ticks that nobody took in time. */
  missed: MissedTicks;
  /**
   * Takes the next tick: the instant for which it was scheduled, in milliseconds on the runtime's monotonic clock.
   *
   * @remarks
   * Each tick goes to one wait, in the order in which they came.
   * **Cancel safety.** An abort takes no tick.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  tick(options?: WaitOptions): Promise<number>;
  /** Lets the next tick come one period from now. */
  reset(): void;
  /** Lets the next tick come now. */
  resetImmediately(): void;
  /**
   * Lets the next tick come `duration` from now.
   *
   * @throws TypeError when `duration` is none.
   */
  resetAfter(duration: Duration): void;
  /**
   * Lets the next tick come at `instant` on the runtime's monotonic clock.
   *
   * @throws RangeError when `instant` is no number.
   */
  resetAt(instant: number): void;
}

/** A tick within this many milliseconds of its time is not late. */
const tolerance = 5;

/**
 * An {@link Interval} of `period`, whose first tick is immediate.
 *
 * @remarks It runs only while somebody waits for a tick: there is nothing to stop, and idle it does not keep the
 * process alive. Leaving a `for await` over it changes nothing about it.
 * @throws RangeError when `period` is not above 0; TypeError when it is no duration.
 *
 * @example
 * ```ts
 * import { virtualTime } from "keelson/testing";
 * import { interval } from "keelson/time";
 *
 * using time = virtualTime({ autoAdvance: true });
 * const ticks: number[] = [];
 * for await (const instant of interval("10s")) {
 *   ticks.push(instant);
 *   if (ticks.length === 3) break;
 * }
 * ticks // => [0, 10_000, 20_000]
 * ```
 */
export function interval(period: Duration, options: IntervalOptions = {}): Interval {
  const ms = toMs(period, "period");
  if (ms === 0) throw new RangeError("Expected `period` to be above 0, got 0");
  const { missed = "skip", start = 0, runtime = currentRuntime() } = options;
  checkMissed(missed);
  return new RuntimeInterval(runtime, ms, missed, runtime.now() + toMs(start, "start"));
}

class RuntimeInterval implements Interval {
  static {
    showing(this, "Interval", "period", "missed");
  }

  readonly period: number;
  readonly #runtime: Runtime;
  readonly #alarm: Alarm<number>;
  #missed: MissedTicks;

  constructor(runtime: Runtime, period: number, missed: MissedTicks, first: number) {
    this.#runtime = runtime;
    this.period = period;
    this.#missed = missed;
    this.#alarm = new Alarm(runtime, "interval", first, (now) => this.#take(now));
  }

  get "~source"(): Source<number> {
    return this.#alarm;
  }

  get missed(): MissedTicks {
    return this.#missed;
  }

  set missed(missed: MissedTicks) {
    checkMissed(missed);
    this.#missed = missed;
  }

  tick(options?: WaitOptions): Promise<number> {
    return wait(this.#runtime, "interval", this.#alarm, options);
  }

  reset(): void {
    this.#alarm.moveTo(this.#runtime.now() + this.period);
  }

  resetImmediately(): void {
    this.#alarm.moveTo(this.#runtime.now());
  }

  resetAfter(duration: Duration): void {
    this.#alarm.moveTo(this.#runtime.now() + toMs(duration));
  }

  resetAt(instant: number): void {
    checkInstant(instant);
    this.#alarm.moveTo(instant);
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return cancelSafeIterator(
      (options) => this.tick(options),
      (value) => ({ done: false, value }),
    );
  }

  #take(now: number): number {
    const scheduled = this.#alarm.deadline;
    this.#alarm.moveTo(this.#after(scheduled, now));
    return scheduled;
  }

  #after(scheduled: number, now: number): number {
    const next = scheduled + this.period;
    if (now - scheduled <= tolerance) return next;
    if (scheduled === Number.NEGATIVE_INFINITY) return now + this.period; // there is no rhythm to keep
    switch (this.#missed) {
      case "burst":
        return next;
      case "delay":
        return now + this.period;
      case "skip":
        return next + (Math.floor((now - scheduled) / this.period) * this.period || 0); // of an infinite one NaN
    }
  }
}

function checkMissed(missed: MissedTicks): void {
  checkOneOf("missed", missed, ["skip", "burst", "delay"]);
}
