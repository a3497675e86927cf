import { KeelsonError } from "../../core/errors.js";

/**
 * A log filter cannot be understood.
 *
 * @example
 * ```ts
 * import { LogFilterError, logFilter } from "keelson/telemetry/log";
 *
 * logFilter("store=loud"); // throws LogFilterError
 * ```
 */
export class LogFilterError extends KeelsonError {
  override readonly name = "LogFilterError";
  readonly code = "LOG_FILTER_SYNTAX";
  /** The part of the filter that is wrong. */
  readonly directive: string;

  constructor(directive: string, problem: string) {
    super(`log directive ${JSON.stringify(directive)} ${problem}`);
    this.directive = directive;
  }
}
