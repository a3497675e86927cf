import { shown } from "../core/check.js";
import { type Schema, makeSchema } from "./schema-core.js";

/** What a {@link literal} may be. */
export type Literal = string | number | boolean | null;

/**
 * Exactly one value.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.literal("Recreate")["~standard"].validate("Recreate") // => { value: "Recreate" }
 * ```
 */
export function literal<const V extends Literal>(value: V): Schema<V> {
  return oneOf(value);
}

/**
 * One of a few values.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const policy = s.oneOf("Always", "Never");
 * const refused = policy["~standard"].validate("always");
 * refused // => { issues: [{ message: 'expected "Always" or "Never", got "always"', path: [] }] }
 * ```
 */
export function oneOf<const V extends readonly [Literal, ...Literal[]]>(...values: V): Schema<V[number]> {
  const expected = alternatives(
    values.map((value) => (typeof value === "string" ? JSON.stringify(value) : shown(value))),
  );
  return makeSchema(expected, "required", (value, report) => {
    const found = values.find((each): each is V[number] => each === value);
    return found === undefined ? report.refuse(expected, value) : found;
  });
}

/** Choices as a person lists them: `a, b or c`. */
export function alternatives(choices: readonly string[]): string {
  const last = choices.at(-1) ?? "nothing";
  return choices.length < 2 ? last : `${choices.slice(0, -1).join(", ")} or ${last}`;
}
