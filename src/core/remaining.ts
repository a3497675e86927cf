import { toMs } from "./duration.js";
import { TimeoutError } from "./errors.js";
import type { Runtime } from "./runtime.js";
import type { WaitOptions } from "./wait.js";

/** Runs one of several waits with what is left of their time. */
export type RemainingWait = <T>(wait: (left: WaitOptions) => Promise<T>) => Promise<T>;

/**
 * One deadline for several waits in a row; passing it is an error that tells the time given to all of them.
 *
 * @internal
 */
export function remaining(runtime: Runtime, { signal, timeout }: WaitOptions): RemainingWait {
  if (timeout === undefined) return (wait) => wait({ signal });
  const given = toMs(timeout, "timeout");
  const deadline = runtime.now() + given;
  return async (wait) => {
    const left = Math.max(0, deadline - runtime.now());
    try {
      return await wait({ signal, timeout: left });
    } catch (error) {
      if (error instanceof TimeoutError && error.timeoutMs === left && left < given) throw new TimeoutError(given);
      throw error;
    }
  };
}
