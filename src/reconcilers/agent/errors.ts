import { KeelsonError } from "../../core/index.js";

/** Why an instance cannot be started, as one word. */
export type StartFailure = "CommandNotFound" | "PortInUse" | "StartFailed";

/**
 * An instance could not be started; the message names the field and its value.
 *
 * @example
 * ```ts
 * import { StartError } from "keelson/reconcilers";
 *
 * new StartError("CommandNotFound", 'spec.command[0]: no such program: "nope"').reason // => "CommandNotFound"
 * ```
 */
export class StartError extends KeelsonError {
  override readonly name = "StartError";
  readonly code = "INSTANCE_START";
  /** Why, as one word. */
  readonly reason: StartFailure;

  constructor(reason: StartFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
