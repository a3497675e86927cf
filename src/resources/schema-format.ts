import { type Duration, toMs } from "../core/index.js";
import { jsonCopy } from "./json.js";
import { type Schema, makeSchema } from "./schema-core.js";

const expectedDuration = 'a duration in milliseconds or such as "15s"';

/**
 * A finite length of time: milliseconds or such as `"15s"`, read as milliseconds.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.duration()["~standard"].validate("1.5m") // => { value: 90_000 }
 * ```
 */
export function duration(): Schema<number, Duration> {
  return makeSchema(expectedDuration, "required", (value, report) => {
    const ms = typeof value === "number" || typeof value === "string" ? milliseconds(value) : undefined;
    return ms ?? report.refuse(expectedDuration, value);
  });
}

function milliseconds(value: number | string): number | undefined {
  try {
    const ms = toMs(value as Duration);
    // JSON knows no Infinity.
    return Number.isFinite(ms) ? ms : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A share of a whole, such as `"25%"`, without fractions or a sign.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.percentage()["~standard"].validate("25%") // => { value: "25%" }
 * ```
 */
export function percentage(): Schema<`${number}%`> {
  const expected = 'a percentage such as "25%"';
  return makeSchema(expected, "required", (value, report) =>
    isPercentage(value) ? value : report.refuse(expected, value),
  );
}

function isPercentage(value: unknown): value is `${number}%` {
  return typeof value === "string" && /^(?:0|[1-9]\d{0,6})%$/.test(value);
}

/**
 * Any JSON value, as it is: for parts of a spec that somebody else reads.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.json()["~standard"].validate({ any: ["thing"] }) // => { value: { any: ["thing"] } }
 * ```
 */
export function json(): Schema<unknown> {
  return makeSchema("a JSON value", "required", (value, report) => {
    const copy = value === undefined ? undefined : jsonCopy(value);
    return copy === undefined ? report.refuse("a JSON value", value) : copy;
  });
}

/**
 * A schema with one more condition on what it has read.
 *
 * @param expected - What holds then, as in "expected … , got": `"an odd number"`.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const odd = s.refine(s.integer(), "an odd number", (value) => value % 2 === 1);
 * odd["~standard"].validate(2) // => { issues: [{ message: "expected an odd number, got `2`", path: [] }] }
 * ```
 */
export function refine<Output, Input>(
  schema: Schema<Output, Input>,
  expected: string,
  holds: (value: Output) => boolean,
): Schema<Output, Input> {
  return makeSchema(expected, "required", (value, report) => {
    const read = schema["~read"](value, report);
    return typeof read === "symbol" || holds(read) ? read : report.refuse(expected, value);
  });
}
