import {
  AmbiguousResultError,
  NotAppliedError,
  StoreAuthError,
  StoreError,
  StoreFullError,
  StoreReadOnlyError,
  StoreUnavailableError,
  TooLargeError,
} from "../../errors.js";

/** How far a call had come when it failed. */
export type Progress = "connecting" | "reading" | "writing";

/** The five characters by which Postgres names an error; `undefined` when the failure is not the server's word. */
function sqlState(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("severity" in error) || !("code" in error)) return undefined;
  return typeof error.code === "string" && error.code.length === 5 ? error.code : undefined;
}

/** Classes of SQLSTATE (postgresql.org/docs/current/errcodes-appendix.html) that end the session without a verdict. */
const sessionEnded = /^(08|57P0[1-5])/;
const refusedLogin = /^(28|42501)/;

/** A failure of `pg` as one of the store's errors. Messages name neither keys, values nor passwords. */
export function toStoreError(error: unknown, progress: Progress): unknown {
  if (error instanceof StoreError) return error;
  const options = { cause: error };
  const state = sqlState(error);
  const message = error instanceof Error ? error.message : String(error);
  if (state === undefined || sessionEnded.test(state)) {
    if (progress !== "writing") return new StoreUnavailableError(`Postgres can't be reached: ${message}`, options);
    return new AmbiguousResultError(
      `the connection to Postgres was lost while a change was under way: ${message}`,
      options,
    );
  }
  if (refusedLogin.test(state)) return new StoreAuthError(`Postgres refused: ${message}`, options);
  if (state === "53100") return new StoreFullError("Postgres has no room left on its disk", options);
  if (state === "25006") return new StoreReadOnlyError("Postgres takes no writes: it is a standby, or set so", options);
  if (state === "54000") return new TooLargeError(`Postgres refused: ${message}`, options);
  if (progress === "writing") return new NotAppliedError(`Postgres refused (${state}): ${message}`, options);
  return new StoreUnavailableError(`Postgres refused (${state}): ${message}`, options);
}
