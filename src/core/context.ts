import { KeelsonError } from "./errors.js";

/**
 * An error seen from one step further out: its message says what was being done, its `cause` is the error itself.
 *
 * @example
 * ```ts
 * import { ContextError } from "keelson/core";
 *
 * new ContextError("while placing web-3", { cause: new Error("no node fits") }).message // => "while placing web-3"
 * ```
 */
export class ContextError extends KeelsonError {
  override readonly name = "ContextError";
  readonly code = "CONTEXT";
}

/**
 * Adds a layer to an error: what was being done when it came.
 *
 * @remarks The error stays unchanged as the `cause` of the one returned; throw that one.
 *
 * @example
 * ```ts
 * import { context, formatChain } from "keelson/core";
 *
 * const error = context(new RangeError("out of disk"), "while writing the plan");
 * formatChain(error) // => "ContextError: while writing the plan\n  caused by RangeError: out of disk"
 * ```
 */
export function context(error: unknown, doing: string): ContextError {
  return new ContextError(doing, { cause: error });
}

/**
 * An error and its causes, one a line, outermost first; the parts of an `AggregateError` are indented below it.
 *
 * @remarks Prints names, codes and messages only: no stack and no other property, so nothing secret slips in.
 *
 * @example
 * ```ts
 * import { TimeoutError, formatChain } from "keelson/core";
 *
 * formatChain(new TimeoutError(250)) // => "TimeoutError [TIMEOUT]: timed out after 250 ms"
 * formatChain("not even an error") // => "not even an error"
 * ```
 */
export function formatChain(error: unknown): string {
  return lines(error, "", new Set()).join("\n");
}

function lines(error: unknown, indent: string, seen: Set<unknown>): string[] {
  if (!(error instanceof Error)) return [indent + String(error)];
  if (seen.has(error)) return [`${indent}${error.name} (already shown)`];
  seen.add(error);
  const parts = error instanceof AggregateError ? error.errors : [];
  const inner = parts.flatMap((part) => lines(part, `${indent}    `, seen));
  const cause = error.cause === undefined ? [] : lines(error.cause, indent === "" ? "  " : indent, seen);
  const [first, ...rest] = cause;
  const causes = first === undefined ? [] : [first.replace(/^ */, (spaces) => `${spaces}caused by `), ...rest];
  return [indent + title(error), ...inner, ...causes];
}

function title(error: Error): string {
  const code = "code" in error && typeof error.code === "string" && error.code !== "CONTEXT" ? ` [${error.code}]` : "";
  return `${error.name}${code}: ${error.message}`;
}
