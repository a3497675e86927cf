import { checkFunction, checkObject } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import { Call } from "./call.js";
import { checkConcurrency, limit } from "./limit.js";
import type { Policy } from "./policy.js";

/** How much {@link bulkhead} lets through. */
export interface BulkheadOptions {
  /** How many calls run at a time. */
  readonly max: number;
  /** How many more may wait; further ones are refused with a `QueueFullError`. @defaultValue `0` */
  readonly queue?: number;
  /** How long a call may wait for its turn. @defaultValue no limit */
  readonly timeout?: Duration | undefined;
  /** Timers of the waits. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** A {@link Policy} that keeps one dependency from taking everything. */
export interface Bulkhead extends Policy {
  /** How many calls run. */
  readonly active: number;
  /** How many calls wait. */
  readonly pending: number;
}

/**
 * Makes a bulkhead: so many calls at a time, a few waiting in order, the rest refused at once.
 *
 * @throws QueueFullError from `execute`, when as many wait as may; TimeoutError after waiting for `timeout`.
 *
 * @example
 * ```ts
 * import { QueueFullError, bulkhead } from "keelson/resilience";
 *
 * const one = bulkhead({ max: 1 });
 * const first = one.execute(async () => "first");
 * await one.execute(() => "second"); // throws QueueFullError
 * await first // => "first"
 * ```
 */
export function bulkhead(options: BulkheadOptions): Bulkhead {
  checkObject("options", options);
  const { max, queue = 0, timeout, runtime } = options;
  checkConcurrency("max", max);
  const gate = limit(max, { queue, runtime });
  const timeoutMs = timeout === undefined ? undefined : toMs(timeout, "timeout");
  return {
    name: "bulkhead",
    get active() {
      return gate.active;
    },
    get pending() {
      return gate.pending;
    },
    execute(fn, callOptions) {
      checkFunction("fn", fn);
      // Made when its turn comes: a thousand that wait are a thousand fewer to keep.
      if (callOptions === undefined && timeoutMs === undefined) return gate(() => fn(Call.of(undefined)));
      const call = Call.of(callOptions);
      const gone = call.abandoned;
      if (gone !== undefined) return Promise.reject(gone.reason);
      const mayLeave = timeoutMs !== undefined || call.isAbortable;
      // With a slot free there is nothing to wait for, and no signal needs to be made.
      if (!mayLeave || gate.active < gate.concurrency) return gate(() => fn(call));
      return gate(() => fn(call), { signal: call.isAbortable ? call.signal : undefined, timeout: timeoutMs });
    },
  };
}
