/** Builders of schemas, as a namespace: `import { s } from "keelson/resources"`. */
export { type ArrayOptions, array, record } from "./schema-collection.js";
export type { AnySchema, Infer, InferInput, Presence, Schema } from "./schema-core.js";
export { duration, json, percentage, refine } from "./schema-format.js";
export { type Literal, literal, oneOf } from "./schema-literal.js";
export { type NumberOptions, boolean, integer, number } from "./schema-number.js";
export { type FieldSchemas, type ObjectInput, type ObjectOutput, object } from "./schema-object.js";
export { optional, withDefault } from "./schema-presence.js";
export { type StringOptions, string } from "./schema-string.js";
export { type VariantInput, type VariantOutput, union, variant } from "./schema-union.js";
