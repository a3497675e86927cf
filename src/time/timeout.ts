import { checkFunction } from "../core/check.js";
import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import { TimeoutError } from "../core/errors.js";
import { Operation, type OperationContext } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { checkInstant } from "./instant.js";

/** What else ends a {@link timeout}, and on whose clock it runs. */
export interface TimeoutOptions {
  /** Gives up when it aborts, rejecting with its reason, unchanged. */
  readonly signal?: AbortSignal | undefined;
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Runs `operation` and takes its result, unless that takes longer than `duration`.
 *
 * @remarks
 * A result that comes at the very deadline wins. After it the context's signal aborts with the `TimeoutError`, and the
 * promise rejects without waiting for the operation to wind down; a failure that comes later goes to the runtime's
 * `report`, unless it is only that abort come back.
 * **Cancel safety.** That of `operation`, which should listen to the signal.
 * @throws TimeoutError; the signal's reason, unchanged; whatever `operation` throws.
 *
 * @example
 * ```ts
 * import { TimeoutError } from "keelson/core";
 * import { sleep, timeout } from "keelson/time";
 *
 * await timeout("1s", () => Promise.resolve("in time")) // => "in time"
 * await timeout(5, ({ signal }) => sleep("1h", { signal })); // throws TimeoutError
 * ```
 */
export async function timeout<T>(
  duration: Duration,
  operation: (context: OperationContext) => T | PromiseLike<T>,
  { signal, runtime = currentRuntime() }: TimeoutOptions = {},
): Promise<T> {
  return before(toMs(duration), operation, signal, runtime);
}

/**
 * Runs `operation` and takes its result, unless that is not there by `instant`, in milliseconds on the runtime's
 * monotonic clock; otherwise as {@link timeout}.
 *
 * @remarks **Cancel safety.** That of `operation`, which should listen to the signal.
 * @throws TimeoutError; the signal's reason, unchanged; whatever `operation` throws.
 *
 * @example
 * ```ts
 * import { TimeoutError, currentRuntime } from "keelson/core";
 * import { sleep, timeoutAt } from "keelson/time";
 *
 * const deadline = currentRuntime().now() + 5;
 * await timeoutAt(deadline, ({ signal }) => sleep("1h", { signal })); // throws TimeoutError
 * ```
 */
export async function timeoutAt<T>(
  instant: number,
  operation: (context: OperationContext) => T | PromiseLike<T>,
  { signal, runtime = currentRuntime() }: TimeoutOptions = {},
): Promise<T> {
  checkInstant(instant);
  return before(Math.max(0, instant - runtime.now()), operation, signal, runtime);
}

async function before<T>(
  ms: number,
  run: (context: OperationContext) => T | PromiseLike<T>,
  signal: AbortSignal | undefined,
  runtime: Runtime,
): Promise<T> {
  checkFunction("operation", run);
  signal?.throwIfAborted();
  const operation = new Operation(runtime, "timeout", run, signal);
  if (!operation.isRunning) return operation.promise;
  const giveUp = (): void => {
    operation.giveUp(new TimeoutError(ms));
  };
  // A turn later, because a result that is due at the same instant may still be on its way through microtasks.
  using _deadline = runtime.timer(ms, () => void runtime.yieldNow().then(giveUp), "timeout");
  return await operation.promise;
}
