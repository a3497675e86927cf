import { checkMethod } from "../core/check.js";
import { formatPath } from "./field-path.js";
import { INVALID, Report, type Schema, makeSchema } from "./schema-core.js";

/**
 * A field that may be left out of its {@link object}.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * s.object({ pool: s.optional(s.string()) })["~standard"].validate({}) // => { value: {} }
 * ```
 */
export function optional<Output, Input>(schema: Schema<Output, Input>): Schema<Output, Input, "optional"> {
  checkMethod("schema", schema, "~read");
  // What an object makes of `undefined` is no field at all, so the type of the field is that of the schema.
  return makeSchema(schema.expected, "optional", (value, report) =>
    value === undefined ? (undefined as Output) : schema["~read"](value, report),
  );
}

/**
 * A field that is filled in where it is left out; the value is as a writer would give it, and may itself have defaults.
 *
 * @throws TypeError when the schema does not take the value.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const probe = s.object({ period: s.withDefault(s.duration(), "10s") });
 * probe["~standard"].validate({}) // => { value: { period: 10_000 } }
 * ```
 */
export function withDefault<Output, Input>(
  schema: Schema<Output, Input>,
  value: NoInfer<Input>,
): Schema<Output, Input, "defaulted"> {
  checkMethod("schema", schema, "~read");
  const report = new Report();
  if (schema["~read"](value, report) === INVALID) {
    const why = report.issues.map(({ message, path = [] }) => `${formatPath("value", path)}: ${message}`);
    throw new TypeError(`Expected \`value\` to be one that the schema takes; ${why.join("; ")}`);
  }
  return makeSchema(schema.expected, "defaulted", (given, below) =>
    schema["~read"](given === undefined ? value : given, below),
  );
}
