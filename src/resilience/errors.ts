import { KeelsonError } from "../core/errors.js";

/** What kept a retry from going on: no retries left, an exhausted budget, or a delay past the deadline. */
export type GivingUp = "retries" | "budget" | "deadline";

/**
 * A call was tried as often as it may be; thrown only where `exhausted: "wrap"` asks for it.
 *
 * @example
 * ```ts
 * import { RetryExhaustedError, constant, retry } from "keelson/resilience";
 *
 * const down = () => Promise.reject(new Error("connection refused"));
 * await retry(down, { retries: 1, backoff: constant(1), exhausted: "wrap" }); // throws RetryExhaustedError
 * ```
 */
export class RetryExhaustedError extends KeelsonError {
  override readonly name = "RetryExhaustedError";
  readonly code = "RETRY_EXHAUSTED";
  /** How many attempts were made. */
  readonly attempts: number;
  /** What kept it from making another. */
  readonly because: GivingUp;

  constructor(detail: { readonly attempts: number; readonly because: GivingUp }, options?: ErrorOptions) {
    super(`gave up after ${String(detail.attempts)} attempts: ${sentences[detail.because]}`, options);
    this.attempts = detail.attempts;
    this.because = detail.because;
  }
}

const sentences: Readonly<Record<GivingUp, string>> = {
  retries: "no retries left",
  budget: "the retry budget is exhausted",
  deadline: "the next attempt would start after the deadline",
};

/**
 * A queue is as long as it may get, so the call was refused at once.
 *
 * @example
 * ```ts
 * import { QueueFullError, limit } from "keelson/resilience";
 *
 * const one = limit(1, { queue: 0 });
 * void one(() => new Promise(() => {}));
 * await one(() => 2); // throws QueueFullError
 * ```
 */
export class QueueFullError extends KeelsonError {
  override readonly name = "QueueFullError";
  readonly code = "QUEUE_FULL";
  /** How many may wait. */
  readonly queue: number;

  constructor(detail: { readonly queue: number }, options?: ErrorOptions) {
    super(`all slots are taken and ${String(detail.queue)} calls wait already`, options);
    this.queue = detail.queue;
  }
}
