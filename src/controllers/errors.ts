import { KeelsonError } from "../core/index.js";

/**
 * Trying again is pointless until the object changes: thrown by a reconciler, it ends the retries.
 *
 * @example
 * ```ts
 * import { TerminalError } from "keelson/controllers";
 *
 * new TerminalError("the image name is empty").code // => "RECONCILE_TERMINAL"
 * ```
 */
export class TerminalError extends KeelsonError {
  override readonly name = "TerminalError";
  readonly code = "RECONCILE_TERMINAL";
}

/**
 * A reconcile took longer than its controller allows; its key stays locked until it settles.
 *
 * @example
 * ```ts
 * import { ReconcileTimeoutError } from "keelson/controllers";
 *
 * new ReconcileTimeoutError("web", 60_000).message // => "reconcile of web took longer than 60000 ms"
 * ```
 */
export class ReconcileTimeoutError extends KeelsonError {
  override readonly name = "ReconcileTimeoutError";
  readonly code = "RECONCILE_TIMEOUT";

  constructor(key: string, ms: number, options?: ErrorOptions) {
    super(`reconcile of ${key} took longer than ${String(ms)} ms`, options);
  }
}

/**
 * Another manager leads by now: nothing that this one still does as the leader counts.
 *
 * @example
 * ```ts
 * import { NotLeaderError } from "keelson/controllers";
 *
 * new NotLeaderError().code // => "NOT_LEADER"
 * ```
 */
export class NotLeaderError extends KeelsonError {
  override readonly name = "NotLeaderError";
  readonly code = "NOT_LEADER";

  constructor(message = "this manager does not lead any more", options?: ErrorOptions) {
    super(message, options);
  }
}
