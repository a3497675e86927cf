import { checkInteger, checkMethod } from "../core/check.js";
import { isObject } from "./json.js";
import { INVALID, type Schema, makeSchema } from "./schema-core.js";

/** How long an {@link array} must be. */
export interface ArrayOptions {
  /** At least this many items. @defaultValue `0` */
  readonly minLength?: number;
  /** At most this many items. @defaultValue any number */
  readonly maxLength?: number;
}

/**
 * A list of values of one schema.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.array(s.integer(), { minLength: 1 })["~standard"].validate([1, 2]) // => { value: [1, 2] }
 * ```
 */
export function array<Output, Input>(
  item: Schema<Output, Input>,
  { minLength = 0, maxLength }: ArrayOptions = {},
): Schema<readonly Output[], readonly Input[]> {
  checkMethod("item", item, "~read");
  checkInteger("minLength", minLength, 0);
  if (maxLength !== undefined) checkInteger("maxLength", maxLength, minLength);
  const least = minLength === 0 ? "" : ` of at least ${minLength} item${minLength === 1 ? "" : "s"}`;
  const range = maxLength === undefined ? least : ` of ${minLength} to ${maxLength} items`;
  const expected = `an array${range}`;
  return makeSchema(expected, "required", (value, report) => {
    if (!Array.isArray(value)) return report.refuse(expected, value);
    if (value.length < minLength || value.length > (maxLength ?? value.length)) {
      return report.add(`expected ${expected}, got ${value.length}`);
    }
    const before = report.issues.length;
    const items = value.flatMap((each: unknown, index): Output[] => {
      const read = report.at(index, (below) => item["~read"](each, below));
      return read === INVALID ? [] : [read];
    });
    return report.issues.length > before ? INVALID : items;
  });
}

/**
 * An object of any fields, all values of one schema.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.record(s.string())["~standard"].validate({ tier: "web" }) // => { value: { tier: "web" } }
 * ```
 */
export function record<Output, Input>(
  value: Schema<Output, Input>,
): Schema<Readonly<Record<string, Output>>, Readonly<Record<string, Input>>> {
  checkMethod("value", value, "~read");
  return makeSchema("an object", "required", (given, report) => {
    if (!isObject(given)) return report.refuse("an object", given);
    const before = report.issues.length;
    const entries = Object.entries(given)
      .filter(([, each]) => each !== undefined)
      .flatMap(([name, each]): [string, Output][] => {
        const read = report.at(name, (below) => value["~read"](each, below));
        return read === INVALID ? [] : [[name, read]];
      });
    return report.issues.length > before ? INVALID : Object.fromEntries(entries);
  });
}
