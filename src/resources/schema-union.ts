import { checkMethod, checkObject } from "../core/check.js";
import { isObject } from "./json.js";
import { INVALID, type Infer, type InferInput, Report, type Schema, makeSchema } from "./schema-core.js";
import { alternatives } from "./schema-literal.js";

/**
 * What any of several schemas takes: the first that does reads it. For shapes told apart by their type, such as a
 * number or a percentage; for objects told apart by a field there is {@link variant}.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const surge = s.union(s.integer({ min: 0 }), s.percentage());
 * surge["~standard"].validate("25%") // => { value: "25%" }
 * const refused = surge["~standard"].validate("many");
 * refused // => { issues: [{ message: 'expected an integer of at least 0 or a percentage such as "25%", got "many"', path: [] }] }
 * ```
 */
export function union<S extends readonly [Schema<unknown, unknown>, ...Schema<unknown, unknown>[]]>(
  ...schemas: S
): Schema<Infer<S[number]>, InferInput<S[number]>> {
  schemas.forEach((schema, index) => {
    checkMethod(`schemas[${index}]`, schema, "~read");
  });
  const expected = alternatives(schemas.map((schema) => schema.expected));
  return makeSchema(expected, "required", (value, report) => {
    const deeper: Report[] = [];
    for (const schema of schemas) {
      const trial = new Report();
      const read = schema["~read"](value, trial);
      if (read !== INVALID) return read;
      if (trial.issues.every(({ path }) => path !== undefined && path.length > 0)) deeper.push(trial);
    }
    // Where the shape is that of one schema only, what is wrong inside says more than what else it could have been.
    const [only, ...others] = deeper;
    return only !== undefined && others.length === 0 ? report.adopt(only) : report.refuse(expected, value);
  });
}

/**
 * An object whose other fields depend on one of them.
 *
 * @param field - The field that tells which schema is the object's; its schemas need not name it.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const strategy = s.variant("type", {
 *   Recreate: s.object({}),
 *   RollingUpdate: s.object({ surge: s.withDefault(s.integer(), 1) }),
 * });
 * strategy["~standard"].validate({ type: "RollingUpdate" }) // => { value: { type: "RollingUpdate", surge: 1 } }
 * ```
 */
export function variant<F extends string, C extends Readonly<Record<string, Schema<object, object>>>>(
  field: F,
  cases: C,
): Schema<VariantOutput<F, C>, VariantInput<F, C>> {
  checkObject("cases", cases);
  for (const [name, schema] of Object.entries(cases)) checkMethod(`cases.${name}`, schema, "~read");
  const names = alternatives(Object.keys(cases).map((name) => JSON.stringify(name)));
  return makeSchema("an object", "required", (given, report) => {
    if (!isObject(given)) return report.refuse("an object", given);
    const { [field]: name, ...rest } = given;
    const schema = typeof name === "string" && Object.hasOwn(cases, name) ? cases[name] : undefined;
    if (schema === undefined) return report.at(field, (below) => below.refuse(names, name));
    const read = schema["~read"](rest, report);
    return read === INVALID ? INVALID : ({ [field]: name, ...read } as VariantOutput<F, C>);
  });
}

/** What a {@link variant} is once it is read. */
export type VariantOutput<F extends string, C extends Readonly<Record<string, Schema<object, object>>>> = {
  [N in keyof C]: Readonly<Record<F, N>> & Infer<C[N]>;
}[keyof C];

/** What a {@link variant} may be given as. */
export type VariantInput<F extends string, C extends Readonly<Record<string, Schema<object, object>>>> = {
  [N in keyof C]: Readonly<Record<F, N>> & InferInput<C[N]>;
}[keyof C];
