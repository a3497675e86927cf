import { KeelsonError } from "../core/errors.js";

/**
 * Somebody asked for the work to stop: the reason that tasks and tokens give when they are told none.
 *
 * @example
 * ```ts
 * import { CancellationToken, CancelledError } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * const token = new CancellationToken();
 * token.cancel();
 * await sleep("1h", { signal: token.signal }); // throws CancelledError
 * ```
 */
export class CancelledError extends KeelsonError {
  override readonly name = "CancelledError";
  readonly code = "CANCELLED";

  constructor(what = "the work", options?: ErrorOptions) {
    super(`${what} was cancelled`, options);
  }
}

/** Why a task has no result: it was aborted, or it threw. */
export type JoinErrorKind = "cancelled" | "failed";

/**
 * A task ended without a result; its `cause` is the reason of the abort, or what the task threw.
 *
 * @example
 * ```ts
 * import { JoinError, spawn } from "keelson/tasks";
 *
 * const task = spawn(() => { throw new RangeError("no such shard"); }, { name: "compact" });
 * const error: unknown = await task.join().catch((error: unknown) => error);
 * error instanceof JoinError && error.kind // => "failed"
 * ```
 */
export class JoinError extends KeelsonError {
  override readonly name = "JoinError";
  readonly code: "TASK_CANCELLED" | "TASK_FAILED";
  /** Whether it was aborted or threw. */
  readonly kind: JoinErrorKind;
  /** The id of the task. */
  readonly id: string;
  /** The name of the task. */
  readonly task: string;

  constructor(detail: { readonly kind: JoinErrorKind; readonly id: string; readonly task: string; cause: unknown }) {
    const { kind, id, task, cause } = detail;
    super(`task "${task}" ${kind === "cancelled" ? "was cancelled" : "failed"}`, { cause });
    this.code = kind === "cancelled" ? "TASK_CANCELLED" : "TASK_FAILED";
    this.kind = kind;
    this.id = id;
    this.task = task;
  }
}
