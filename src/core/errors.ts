/**
 * Base of every error that keelson throws on purpose.
 *
 * @remarks
 * Match on {@link KeelsonError.code}, not on the message: messages may change in a minor version, codes may not.
 * The class survives neither bundling twice nor two installed copies of the package, so test with
 * {@link isKeelsonError} rather than `instanceof` where errors cross such a border.
 *
 * @example
 * ```ts
 * import { KeelsonError, isKeelsonError } from "keelson/core";
 *
 * class QuotaError extends KeelsonError {
 *   override readonly name = "QuotaError";
 *   readonly code = "QUOTA_EXCEEDED";
 * }
 * isKeelsonError(new QuotaError("3 of 3 instances are in use"), "QUOTA_EXCEEDED") // => true
 * ```
 */
export abstract class KeelsonError extends Error {
  override readonly name: string = "KeelsonError";
  /** What went wrong, as a stable literal such as `"CHANNEL_CLOSED"`. */
  abstract readonly code: string;
  /** Marks the error as ours in every copy of the package. */
  readonly "~keelson" = true as const;
}

/**
 * Tells whether `error` is one of keelson's, and of the given code when one is named.
 *
 * @example
 * ```ts
 * import { TimeoutError, isKeelsonError } from "keelson/core";
 *
 * const error: unknown = new TimeoutError(50);
 * isKeelsonError(error) // => true
 * isKeelsonError(error, "CHANNEL_CLOSED") // => false
 * ```
 */
export function isKeelsonError(error: unknown, code?: string): error is KeelsonError {
  if (!(error instanceof Error) || !("~keelson" in error)) return false;
  return code === undefined || ("code" in error && error.code === code);
}

/**
 * An operation did not finish within the time its caller gave it.
 *
 * @example
 * ```ts
 * import { mpsc } from "keelson/channels";
 * import { TimeoutError } from "keelson/core";
 *
 * const [, rx] = mpsc.channel<string>(1);
 * await rx.recv({ timeout: 0 }); // throws TimeoutError
 * ```
 */
export class TimeoutError extends KeelsonError {
  override readonly name = "TimeoutError";
  readonly code = "TIMEOUT";
  /** The time that was given, in milliseconds. */
  readonly timeoutMs: number;

  constructor(timeoutMs: number, options?: ErrorOptions) {
    super(`timed out after ${timeoutMs} ms`, options);
    this.timeoutMs = timeoutMs;
  }
}
