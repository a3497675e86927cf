import { checkNumber } from "../core/check.js";
import { type Schema, makeSchema } from "./schema-core.js";

/** The least and the most a number may be. */
export interface NumberOptions {
  /** At least this. @defaultValue any */
  readonly min?: number;
  /** At most this. @defaultValue any */
  readonly max?: number;
}

/**
 * A finite number.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.number({ min: 0, max: 1 })["~standard"].validate(0.5) // => { value: 0.5 }
 * ```
 */
export function number(options: NumberOptions = {}): Schema<number> {
  return numeric("a number", Number.isFinite, options);
}

/**
 * An integer that a `number` holds exactly.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const replicas = s.integer({ min: 0 });
 * replicas["~standard"].validate(-1) // => { issues: [{ message: "expected an integer of at least 0, got `-1`", path: [] }] }
 * ```
 */
export function integer(options: NumberOptions = {}): Schema<number> {
  return numeric("an integer", Number.isSafeInteger, options);
}

/**
 * `true` or `false`.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.boolean()["~standard"].validate(true) // => { value: true }
 * ```
 */
export function boolean(): Schema<boolean> {
  return makeSchema("a boolean", "required", (value, report) =>
    typeof value === "boolean" ? value : report.refuse("a boolean", value),
  );
}

function numeric(what: string, accepts: (value: unknown) => boolean, { min, max }: NumberOptions): Schema<number> {
  if (min !== undefined) checkNumber("min", min, -Number.MAX_VALUE);
  if (max !== undefined) checkNumber("max", max, min ?? -Number.MAX_VALUE);
  const [least, most] = [min ?? Number.NEGATIVE_INFINITY, max ?? Number.POSITIVE_INFINITY];
  const expected = `${what}${bounds(min, max)}`;
  return makeSchema(expected, "required", (value, report) =>
    typeof value === "number" && accepts(value) && value >= least && value <= most
      ? value
      : report.refuse(expected, value),
  );
}

function bounds(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? "" : ` of at most ${max}`;
}
