import { checkMethod, checkObject } from "../core/check.js";
import { isObject } from "./json.js";
import { type AnySchema, INVALID, type Infer, type InferInput, type Schema, makeSchema } from "./schema-core.js";
import { unknownField } from "./spelling.js";

/** The schemas of an object's fields, by name. */
export type FieldSchemas = Readonly<Record<string, AnySchema>>;

/** What an object has once it is read: fields with a default are always there. */
export type ObjectOutput<F extends FieldSchemas> = Flat<
  { readonly [K in keyof F as F[K]["presence"] extends "optional" ? never : K]: Infer<F[K]> } & {
    readonly [K in keyof F as F[K]["presence"] extends "optional" ? K : never]?: Infer<F[K]>;
  }
>;

/** What an object may be given as: fields with a default may be left out. */
export type ObjectInput<F extends FieldSchemas> = Flat<
  { readonly [K in keyof F as F[K]["presence"] extends "required" ? K : never]: InferInput<F[K]> } & {
    readonly [K in keyof F as F[K]["presence"] extends "required" ? never : K]?: InferInput<F[K]> | undefined;
  }
>;

/** An intersection as one type, which editors show whole. */
export type Flat<T> = { [K in keyof T]: T[K] };

/**
 * An object with these fields and no others.
 *
 * @remarks A field that is not named is refused, with the name that was probably meant; one that is `undefined` counts
 * as left out.
 *
 * @example
 * ```ts
 * import { s } from "keelson/resources";
 *
 * const spec = s.object({ replicas: s.withDefault(s.integer({ min: 0 }), 1), image: s.string() });
 * spec["~standard"].validate({ image: "web:1" }) // => { value: { replicas: 1, image: "web:1" } }
 * const refused = spec["~standard"].validate({ image: "web:1", replcias: 2 });
 * refused // => { issues: [{ message: 'unknown field (did you mean "replicas"?), got `2`', path: ["replcias"] }] }
 * ```
 */
export function object<F extends FieldSchemas>(fields: F): Schema<ObjectOutput<F>, ObjectInput<F>> {
  checkObject("fields", fields);
  const entries = Object.entries(fields);
  for (const [name, field] of entries) checkMethod(`fields.${name}`, field, "~read");
  return makeSchema("an object", "required", (given, report) => {
    if (!isObject(given)) return report.refuse("an object", given);
    const before = report.issues.length;
    for (const name of Object.keys(given)) {
      if (Object.hasOwn(fields, name) || given[name] === undefined) continue;
      report.at(name, (below) => below.add(unknownField(name, Object.keys(fields), given[name])));
    }
    const result: Record<string, unknown> = {};
    for (const [name, field] of entries) {
      const value = Object.hasOwn(given, name) ? given[name] : undefined;
      const read = report.at(name, (below) => field["~read"](value, below));
      if (read !== undefined) result[name] = read;
    }
    // The fields were read one by one; only the type of the whole has to be said.
    return report.issues.length > before ? INVALID : (result as ObjectOutput<F>);
  });
}
