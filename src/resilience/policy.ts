import type { Attempt, CallOptions } from "./call.js";

/**
 * A way to run a function: with retries, a timeout, a breaker, a limit, or several of them composed.
 *
 * @remarks
 * A policy of your own is any object of this shape; hand the context that your function is called with on to what it
 * calls, as its options. What a function of yours throws that a policy asks about a failure (`retryIf`, `isFailure`,
 * `onRetry` and the like) rejects the call, with the failure as its `cause` unless it has one already. `F` is what a
 * policy may answer with instead of the function's own result: see `fallback`.
 */
export interface Policy<F = never> {
  /** What kind it is, such as `"retry"`: it appears in reports. */
  readonly name: string;
  /** Runs `fn` under the policy. */
  execute<T>(fn: Attempt<T>, options?: CallOptions): Promise<T | F>;
}
