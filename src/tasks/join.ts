import { checkArray, checkFunction } from "../core/check.js";
import type { OperationContext } from "../core/operation.js";
import { Cohort } from "./cohort.js";

/** A list of functions to run together, each with a signal. */
export type Operations<R extends readonly unknown[]> = {
  readonly [K in keyof R]: (context: OperationContext) => R[K] | PromiseLike<R[K]>;
};

/** What they give, in the order of the list. */
export type OperationResults<R extends readonly unknown[]> = { [K in keyof R]: Awaited<R[K]> };

/** What else ends functions that run together. */
export interface JoinOptions {
  /** Cancels the functions and rejects with its reason once they have ended. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs all `operations` together to their ends, and takes their results, in the order of the list.
 *
 * @remarks
 * A failure stops none of the others; {@link tryJoin} does.
 * **Cancel safety.** An abort reaches every function's signal; it settles when all have ended, without their results.
 * @throws The one failure, unchanged, or an `AggregateError` of several; the signal's reason, unchanged.
 *
 * @example
 * ```ts
 * import { join } from "keelson/tasks";
 *
 * await join([() => 1, () => Promise.resolve("two")]) // => [1, "two"]
 * ```
 */
export async function join<const R extends readonly unknown[]>(
  operations: Operations<R>,
  { signal }: JoinOptions = {},
): Promise<OperationResults<R>> {
  return together(operations, signal, (cohort, error) => {
    cohort.note(error);
  });
}

/**
 * Runs all `operations` together and takes their results, in the order of the list; the first failure aborts the
 * others' signals.
 *
 * @remarks
 * It settles when all have ended, so that nothing runs on behind the caller's back.
 * **Cancel safety.** An abort reaches every function's signal; what was made until then is dropped.
 * @throws The one failure, unchanged, or an `AggregateError` when others failed by themselves before they ended; the
 * signal's reason, unchanged.
 *
 * @example
 * ```ts
 * import { tryJoin } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * const fails = () => Promise.reject<string>(new RangeError("no such node"));
 * const values = await tryJoin([fails, ({ signal }) => sleep("1h", { signal })]); // throws RangeError
 * ```
 */
export async function tryJoin<const R extends readonly unknown[]>(
  operations: Operations<R>,
  { signal }: JoinOptions = {},
): Promise<OperationResults<R>> {
  return together(operations, signal, (cohort, error) => {
    cohort.failed(error);
  });
}

async function together<R extends readonly unknown[]>(
  operations: Operations<R>,
  signal: AbortSignal | undefined,
  onFailure: (cohort: Cohort, error: unknown) => void,
): Promise<OperationResults<R>> {
  checkArray("operations", operations);
  for (const [index, operation] of operations.entries()) checkFunction(`operations[${index}]`, operation);
  signal?.throwIfAborted();
  const cohort = new Cohort(signal);
  const run = async (operation: (context: OperationContext) => unknown): Promise<unknown> => {
    try {
      return await operation(cohort);
    } catch (error) {
      onFailure(cohort, error);
      return undefined;
    }
  };
  const results = await Promise.all(operations.map((operation) => run(operation)));
  cohort.end();
  return results as OperationResults<R>;
}
