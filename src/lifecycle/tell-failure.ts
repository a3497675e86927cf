import type { LogFields, Logger } from "../core/logger.js";
import type { Runtime } from "../core/runtime.js";

/** Takes a failure that no caller hears of: what failed, and fields that say more to a logger. */
export type TellFailure = (error: unknown, task: string, fields?: LogFields) => void;

/** Tells of failures in the log, where there is one, or else to the runtime: nobody wants to read them twice. */
export function failureTeller(runtime: Runtime, logger: Logger | undefined): TellFailure {
  return (error, task, fields) => {
    try {
      if (logger !== undefined) {
        logger.error({ ...fields, err: error }, `failed: ${task}`);
        return;
      }
    } catch {
      // It is not lost: whoever wrote the logger hears of it below.
    }
    runtime.report(error, { task });
  };
}
