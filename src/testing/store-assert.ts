import { isKeelsonError } from "../core/index.js";
import { asText } from "./as-text.js";

/** The few assertions of the conformance suite, so that it needs no runner's own. */

/** Fails unless `condition` holds. */
export function that(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`Expected ${what}`);
}

/** Fails unless the two show the same, as JSON with bytes as text. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [got, wanted] = [asText(actual), asText(expected)];
  if (got !== wanted) throw new Error(`Expected ${what} to be\n  ${wanted}\nbut got\n  ${got}`);
}

/** Fails unless the promise rejects with one of keelson's errors of that code; answers the error. */
export async function rejects(promise: Promise<unknown>, code: string, what: string): Promise<Error> {
  const error = await outcome(promise, what);
  if (isKeelsonError(error, code)) return error;
  throw new Error(`Expected ${what} to fail with ${code}, but it failed with ${String(error)}`, { cause: error });
}

/** Fails unless the promise rejects with exactly that value. */
export async function rejectsWith(promise: Promise<unknown>, reason: unknown, what: string): Promise<void> {
  const error = await outcome(promise, what);
  if (error !== reason) throw new Error(`Expected ${what} to fail with the signal's reason, got ${String(error)}`);
}

/** Fails unless the call throws, or its promise rejects with, an error of that class of mistakes. */
export async function isMistake(
  call: () => unknown,
  kind: typeof TypeError | typeof RangeError,
  what: string,
): Promise<void> {
  const error = await outcome(
    (async (): Promise<void> => {
      await call();
    })(),
    what,
  );
  if (error instanceof kind) return;
  throw new Error(`Expected ${what} to be refused with a ${kind.name}, got ${String(error)}`, { cause: error });
}

async function outcome(promise: Promise<unknown>, what: string): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`Expected ${what} to fail, but it succeeded`);
}
