import type { Attempt, CallOptions } from "./call.js";

/**
 * A way to run a function: with retries, a timeout, a breaker, a limit, or several of them composed.
 *
 * @remarks
 * A policy of your own is any object of this shape; hand the options of `execute` on to the policies that it calls,
 * and the function the context that it is called with.
 */
export interface Policy {
  /** What kind it is, such as `"retry"`: it appears in reports. */
  readonly name: string;
  /** Runs `fn` under the policy. */
  execute<T>(fn: Attempt<T>, options?: CallOptions): Promise<T>;
}
