import { checkInteger } from "../core/check.js";
import { type Schema, makeSchema } from "./schema-core.js";

/** What a {@link string} must be. */
export interface StringOptions {
  /** At least this many UTF-16 units. @defaultValue `0` */
  readonly minLength?: number;
  /** At most this many UTF-16 units. @defaultValue any number */
  readonly maxLength?: number;
  /** Matches this; anchor it to mean the whole of it. */
  readonly pattern?: RegExp;
}

/**
 * A string.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const image = s.string({ minLength: 1 });
 * image["~standard"].validate("") // => { issues: [{ message: 'expected a string of at least 1 character, got ""', path: [] }] }
 * ```
 */
export function string({ minLength = 0, maxLength, pattern }: StringOptions = {}): Schema<string> {
  checkInteger("minLength", minLength, 0);
  if (maxLength !== undefined) checkInteger("maxLength", maxLength, minLength);
  const most = maxLength ?? Number.POSITIVE_INFINITY;
  // Without the flags that make a RegExp remember where it was.
  const matching = pattern === undefined ? undefined : new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, ""));
  const expected = ["a string", ...lengths(minLength, maxLength), ...(pattern ? [`matching ${String(pattern)}`] : [])];
  const description = expected.join(" ");
  return makeSchema(description, "required", (value, report) => {
    if (typeof value === "string" && value.length >= minLength && value.length <= most) {
      if (matching?.test(value) !== false) return value;
    }
    return report.refuse(description, value);
  });
}

function lengths(min: number, max: number | undefined): string[] {
  if (max !== undefined) return [`of ${min === 0 ? "at most" : `${min} to`} ${max} characters`];
  return min === 0 ? [] : [`of at least ${min} character${min === 1 ? "" : "s"}`];
}
