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

  constructor(detail: { readonly timeoutMs: number; readonly pending: readonly string[] }, options?: ErrorOptions) {
    const { timeoutMs, pending } = detail;
    super(
      `shutdown did not finish within ${String(timeoutMs)} ms; pending: ${pending.join(", ") || "nothing"}`,
      options,
    );
    this.timeoutMs = timeoutMs;
    this.pending = pending;
  }
}

/**
 * A channel was not read to its end: the loop that reads it failed, its `cause` being why, or ended before.
 *
 * @example
 * ```ts
 * import { mpsc } from "keelson/channels";
 * import { createLifecycle } from "keelson/lifecycle";
 *
 * const lifecycle = createLifecycle({ signals: [], exit: false });
 * const [jobs, accepted] = mpsc.channel<number>(8);
 * const first = accepted.recv(); // no loop: it takes one message
 * lifecycle.drain("jobs", accepted, first);
 * for (const job of [1, 2, 3]) await jobs.send(job);
 * const { hooks } = await lifecycle.shutdown();
 * String(hooks[0]?.error) // => "DrainError: the consumer of \"jobs\" ended early; left in the channel: 2"
 * ```
 */
export class DrainError extends KeelsonError {
  override readonly name = "DrainError";
  readonly code = "DRAIN_INCOMPLETE";
  /** The name of the drain. */
  readonly drain: string;
  /** How many messages were left then, where the channel tells. */
  readonly left: number | undefined;

  constructor(
    detail: { readonly drain: string; readonly left?: number | undefined; readonly end: "failed" | "early" },
    options?: ErrorOptions,
  ) {
    const { drain, left, end } = detail;
    const ended = end === "failed" ? "failed" : "ended early";
    super(`the consumer of "${drain}" ${ended}; left in the channel: ${String(left ?? "unknown")}`, options);
    this.drain = drain;
    this.left = left;
  }
}
