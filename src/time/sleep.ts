import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Alarm } from "./alarm.js";
import { checkInstant } from "./instant.js";

/** How a {@link sleep} may end early, and on whose clock it runs. */
export interface SleepOptions extends WaitOptions {
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Resolves `duration` from now, never earlier.
 *
 * @remarks **Cancel safety.** An abort rejects at once and leaves no timer behind.
 * @throws The signal's reason, unchanged; TimeoutError; TypeError when `duration` is none.
 *
 * @example
 * ```ts
 * import { TimeoutError } from "keelson/core";
 * import { sleep } from "keelson/time";
 *
 * await sleep(2);
 * await sleep("1h", { timeout: "1ms" }); // throws TimeoutError
 * ```
 */
export async function sleep(duration: Duration, options?: SleepOptions): Promise<void> {
  const runtime = options?.runtime ?? currentRuntime();
  return at(runtime, runtime.now() + toMs(duration), options);
}

/**
 * Resolves at `instant`, in milliseconds on the runtime's monotonic clock; at once when that has passed.
 *
 * @remarks **Cancel safety.** An abort rejects at once and leaves no timer behind.
 * @throws The signal's reason, unchanged; TimeoutError.
 *
 * @example
 * ```ts
 * import { currentRuntime } from "keelson/core";
 * import { sleepUntil } from "keelson/time";
 *
 * const runtime = currentRuntime();
 * const instant = runtime.now() + 2;
 * await sleepUntil(instant);
 * runtime.now() >= instant // => true
 * ```
 */
export async function sleepUntil(instant: number, options?: SleepOptions): Promise<void> {
  checkInstant(instant);
  const runtime = options?.runtime ?? currentRuntime();
  return at(runtime, instant, options);
}

function at(runtime: Runtime, instant: number, options: WaitOptions | undefined): Promise<void> {
  return wait(runtime, "sleep", new Alarm(runtime, "sleep", instant, () => undefined), options);
}
