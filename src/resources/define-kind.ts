import { checkFunction, checkInteger, checkMethod, checkOneOf, shown } from "../core/check.js";
import type { BaseStatus } from "./resource.js";
import type { Kind, KindOptions } from "./kind.js";

const name63 = /^[A-Z][A-Za-z0-9]{0,62}$/;

/**
 * Describes a kind of object: `defineKind<Spec, Status>()(name, options)`.
 *
 * @remarks
 * Called twice, because TypeScript infers all of a call's type arguments or none. `SpecInput` is what a writer may give,
 * before the schema has filled in defaults. The schema must take its own output: that is what an update hands back.
 * @throws TypeError when the name is not one CamelCase word of at most 63 characters, or an option is not what it says.
 *
 * @example
 * ```ts
 * import { defineKind } from "keelson/resources";
 *
 * const Workload = defineKind<{ replicas: number }, { ready: number }>()("Workload");
 * Workload.scope // => "namespaced"
 * ```
 */
export function defineKind<Spec, Status = BaseStatus, SpecInput = Spec>(): (
  name: string,
  options?: KindOptions<Spec, Status, SpecInput>,
) => Kind<Spec, Status, SpecInput> {
  return (name, options = {}) => {
    if (typeof name !== "string" || !name63.test(name)) {
      throw new TypeError(`Expected \`name\` to be a CamelCase word of at most 63 characters, got ${shown(name)}`);
    }
    const { scope = "namespaced", version = 1, schema, fields = {} } = options;
    checkOneOf("scope", scope, ["namespaced", "cluster"]);
    checkInteger("version", version, 1);
    const functions: Readonly<Record<string, unknown>> = { ...options };
    for (const option of ["upgrade", "validateUpdate"]) {
      if (functions[option] !== undefined) checkFunction(option, functions[option]);
    }
    if (schema !== undefined)
      checkMethod('schema["~standard"]', (schema as Partial<typeof schema> | null)?.["~standard"], "validate");
    for (const [field, read] of Object.entries(fields)) checkFunction(`fields.${field}`, read);
    return Object.freeze({ name, scope, version, options });
  };
}
