/** Checks at the door that `mpsc` does without: beside those of `check.ts` they would cost its bundle some bytes. */

import { shown } from "./check.js";

/** Refuses everything but `true` and `false`. */
export function checkBoolean(option: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new TypeError(`Expected \`${option}\` to be a boolean, got ${shown(value)}`);
}

/** Refuses everything but what `for await` iterates. */
export function checkAsyncIterable(option: string, value: unknown): void {
  if (typeof (value as Partial<AsyncIterable<unknown>> | null | undefined)?.[Symbol.asyncIterator] === "function")
    return;
  throw new TypeError(`Expected \`${option}\` to be an async iterable, got ${shown(value)}`);
}
