import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import { showing } from "../core/inspectable.js";
import type { Runtime } from "../core/runtime.js";
import type { Selectable, Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Alarm } from "./alarm.js";
import { checkInstant } from "./instant.js";

/** Where the time of a {@link timer} comes from. */
export interface TimerOptions {
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** An instant that can be waited for again and again, and moved; a branch of `select` as it is. */
export interface Timer extends Selectable<void> {
  /** When it elapses, in milliseconds on the runtime's monotonic clock. */
  readonly deadline: number;
  /** Whether that instant has come. */
  readonly isElapsed: boolean;
  /**
   * Resolves once it has elapsed.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  wait(options?: WaitOptions): Promise<void>;
  /**
   * Lets it elapse `duration` from now instead, for those who already wait, too.
   *
   * @throws TypeError when `duration` is none.
   */
  reset(duration: Duration): void;
  /**
   * Lets it elapse at `instant` on the runtime's monotonic clock instead.
   *
   * @throws RangeError when `instant` is no number.
   */
  resetAt(instant: number): void;
}

/**
 * A {@link Timer} that elapses `duration` from now.
 *
 * @remarks
 * Never early. While nobody waits for it there is nothing to dispose of, and it does not keep the process alive.
 * @throws TypeError when `duration` is none.
 *
 * @example
 * ```ts
 * import { virtualTime } from "keelson/testing";
 * import { timer } from "keelson/time";
 *
 * using time = virtualTime();
 * const idle = timer("30s");
 * await time.advance("20s");
 * idle.reset("30s");
 * await time.advance("20s");
 * idle.isElapsed // => false
 * await time.advance("10s");
 * idle.isElapsed // => true
 * ```
 */
export function timer(duration: Duration, { runtime = currentRuntime() }: TimerOptions = {}): Timer {
  return new RuntimeTimer(runtime, runtime.now() + toMs(duration));
}

class RuntimeTimer implements Timer {
  static {
    showing(this, "Timer", "deadline", "isElapsed");
  }

  readonly #runtime: Runtime;
  readonly #alarm: Alarm<void>;

  constructor(runtime: Runtime, deadline: number) {
    this.#runtime = runtime;
    this.#alarm = new Alarm(runtime, "timer", deadline, () => undefined);
  }

  get "~source"(): Source<void> {
    return this.#alarm;
  }

  get deadline(): number {
    return this.#alarm.deadline;
  }

  get isElapsed(): boolean {
    return this.#runtime.now() >= this.#alarm.deadline;
  }

  wait(options?: WaitOptions): Promise<void> {
    return wait(this.#runtime, "timer", this.#alarm, options);
  }

  reset(duration: Duration): void {
    this.#alarm.moveTo(this.#runtime.now() + toMs(duration));
  }

  resetAt(instant: number): void {
    checkInstant(instant);
    this.#alarm.moveTo(instant);
  }
}
