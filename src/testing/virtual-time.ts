import { type Duration, type Runtime, systemRuntime, toMs } from "../core/index.js";
import { provideRuntime } from "../core/ambient.js";
import { checkKnown, checkNumber } from "../core/check.js";
import { VirtualRuntime } from "./virtual-runtime.js";

/** How {@link virtualTime} starts. */
export interface VirtualTimeOptions {
  /** Seeds `runtime.random()`. @defaultValue `1` */
  readonly seed?: number;
  /**
   * Jumps to the next timer by itself whenever nothing else can happen, as Tokio's `pause()` does.
   *
   * @defaultValue `false`
   */
  readonly autoAdvance?: boolean;
}

/** A clock in the test's hands. */
export interface VirtualTime extends Disposable {
  /** The runtime itself, for what takes one as an option. */
  readonly runtime: Runtime;
  /** Failures that nobody awaited, as given to the runtime's `report`, but for those that are `handled`. */
  readonly failures: readonly { readonly error: unknown; readonly task: string }[];
  /** Lets everything run that can run without the clock moving. */
  settle(): Promise<void>;
  /**
   * Moves the clock by `duration`, firing each timer at its instant and letting its consequences run.
   *
   * @throws RangeError for an infinite time.
   */
  advance(duration: Duration): Promise<void>;
  /** Sets the wall clock forward by so many milliseconds, or back: the monotonic clock and its timers don't notice. */
  shiftWallClock(ms: number): void;
  /**
   * Moves the clock until no timer is left that somebody waits for.
   *
   * @throws Error after `limit` (default one virtual day), naming the timers that keep coming.
   */
  runUntilIdle(limit?: Duration): Promise<void>;
}

/**
 * Replaces the ambient runtime by one whose clock stands still until the test moves it.
 *
 * @remarks
 * What captured the runtime before stays on the real clock, so construct the parts under test afterwards. Virtual
 * worlds do not nest. Real I/O must go through `runtime.real`, during which the clock does not move by itself.
 *
 * @example
 * ```ts
 * import { currentRuntime } from "keelson/core";
 * import { virtualTime } from "keelson/testing";
 *
 * using time = virtualTime();
 * let rang = false;
 * currentRuntime().timer(60_000, () => { rang = true; });
 * await time.advance("59s");
 * rang // => false
 * await time.advance("1s");
 * rang // => true
 * ```
 */
export function virtualTime(options: VirtualTimeOptions = {}): VirtualTime {
  const { seed = 1, autoAdvance = false } = options;
  checkKnown("options", options, { seed, autoAdvance });
  const runtime = new VirtualRuntime(seed);
  const provided = provideRuntime({ current: () => runtime });
  let disposed = false;

  // A turn of the real event loop drains every microtask; counting microtask turns is a guess.
  const settle = async (): Promise<void> => {
    do {
      await systemRuntime().yieldNow();
      await systemRuntime().yieldNow();
    } while (runtime.inFlight > 0);
  };
  const fireDue = async (until: number): Promise<void> => {
    for (let next = runtime.timers.peek(); next !== undefined && next.due <= until; next = runtime.timers.peek()) {
      runtime.moveTo(next.due);
      for (let due = runtime.timers.take(runtime.now()); due !== undefined; due = runtime.timers.take(runtime.now())) {
        due.order = 0;
        due.settle();
      }
      await settle();
    }
  };
  const advance = async (duration: Duration): Promise<void> => {
    const ms = toMs(duration);
    checkNumber("duration", ms, 0);
    const until = runtime.now() + ms;
    await settle();
    await fireDue(until);
    runtime.moveTo(until);
  };
  const runUntilIdle = async (limit: Duration = "1d"): Promise<void> => {
    const until = runtime.now() + toMs(limit, "limit");
    await settle();
    while (runtime.timers.waitedFor().length > 0) {
      const next = runtime.timers.peek();
      if (next === undefined || next.due > until) throw stillBusy(runtime, limit);
      await fireDue(next.due);
    }
  };
  if (autoAdvance) driveWhenIdle(runtime, () => disposed, settle, fireDue);

  return {
    runtime,
    failures: runtime.failures,
    settle,
    advance,
    shiftWallClock: (ms) => {
      checkNumber("ms", ms, -Number.MAX_VALUE);
      runtime.shiftWallClock(ms);
    },
    runUntilIdle,
    [Symbol.dispose]: () => {
      disposed = true;
      provided[Symbol.dispose]();
    },
  };
}

function driveWhenIdle(
  runtime: VirtualRuntime,
  disposed: () => boolean,
  settle: () => Promise<void>,
  fireDue: (until: number) => Promise<void>,
): void {
  let driving = false;
  const drive = async (): Promise<void> => {
    driving = true;
    await settle();
    for (let next = runtime.timers.peek(); next !== undefined && !disposed(); next = runtime.timers.peek()) {
      if (runtime.timers.waitedFor().length === 0) break;
      await fireDue(next.due);
    }
    driving = false;
  };
  runtime.onTimer = () => {
    if (!driving && !disposed()) void drive();
  };
}

function stillBusy(runtime: VirtualRuntime, limit: Duration): Error {
  const labels = [...new Set(runtime.timers.waitedFor().map((timer) => timer.label))].slice(0, 5);
  return new Error(`Still not idle after ${String(limit)} of virtual time; timers: ${labels.join(", ")}`);
}
