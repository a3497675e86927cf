import { KeelsonError } from "../core/errors.js";
import { type ShutdownReason, describeReason } from "./reason.js";

/**
 * The process shuts down: the reason with which {@link Lifecycle.signal} aborts.
 *
 * @example
 * ```ts
 * import { ShutdownError, createLifecycle } from "keelson/lifecycle";
 *
 * const lifecycle = createLifecycle({ signals: [], exit: false });
 * await lifecycle.shutdown("the test is over");
 * const reason: unknown = lifecycle.signal.reason;
 * reason instanceof ShutdownError && reason.reason.kind // => "manual"
 * ```
 */
export class ShutdownError extends KeelsonError {
  override readonly name = "ShutdownError";
  readonly code = "SHUTDOWN";
  /** Why it shuts down. */
  readonly reason: ShutdownReason;

  constructor(reason: ShutdownReason) {
    const cause = reason.kind === "error" ? reason.error : reason.kind === "parent" ? reason.reason : undefined;
    super(`shutting down: ${describeReason(reason)}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}

/**
 * A shutdown took longer than it may; hooks that still ran were abandoned, later ones not begun.
 *
 * @example
 * ```ts
 * import { ShutdownTimeoutError } from "keelson/lifecycle";
 *
 * const error = new ShutdownTimeoutError({ timeoutMs: 25_000, pending: ["jobs"] });
 * error.message // => "shutdown did not finish within 25000 ms; pending: jobs"
 * ```
 */
export class ShutdownTimeoutError extends KeelsonError {
  override readonly name = "ShutdownTimeoutError";
  readonly code = "SHUTDOWN_TIMEOUT";
  /** The time that was given, in milliseconds. */
  readonly timeoutMs: number;
  /** The names of the hooks that still ran. */
  readonly pending: readonly string[];

  constructor(detail: { readonly timeoutMs: number; readonly pending: readonly string[] }) {
    const { timeoutMs, pending } = detail;
    super(`shutdown did not finish within ${String(timeoutMs)} ms; pending: ${pending.join(", ") || "nothing"}`);
    this.timeoutMs = timeoutMs;
    this.pending = pending;
  }
}
