/**
 * The Standard Schema interface (standardschema.dev, version 1), which Zod, Valibot, ArkType and others implement: any
 * of their schemas can validate a kind's spec.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  /** The interface's one property. */
  readonly "~standard": StandardSchemaProps<Input, Output>;
}

/** What a {@link StandardSchema} offers. */
export interface StandardSchemaProps<Input, Output> {
  /** The interface's version. */
  readonly version: 1;
  /** Whose schema it is. */
  readonly vendor: string;
  /** Checks a value; may be asynchronous. */
  readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  /** The types before and after validation; only for the type checker. */
  readonly types?: { readonly input: Input; readonly output: Output } | undefined;
}

/** What a validation came to. */
export type SchemaResult<Output> =
  { readonly value: Output; readonly issues?: undefined } | { readonly issues: readonly SchemaIssue[] };

/** One thing wrong with a value. */
export interface SchemaIssue {
  /** What was expected and what came. */
  readonly message: string;
  /** Where, from the outside in. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}
