import { fc, test } from "@fast-check/vitest";
import { s } from "keelson/resources";
import { expect } from "vitest";
import { runs } from "../support/deep.js";

/** A schema, a value that it takes, and one that it does not. */
interface Case {
  readonly schema: s.Schema<unknown, unknown>;
  readonly valid: unknown;
  readonly invalid: unknown;
}

const leaf: fc.Arbitrary<Case> = fc.oneof(
  fc.string().map((valid) => ({ schema: s.string(), valid, invalid: 1 })),
  fc.integer({ min: 0 }).map((valid) => ({ schema: s.integer({ min: 0 }), valid, invalid: -1 - valid })),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((valid) => ({ schema: s.number(), valid, invalid: "1" })),
  fc.boolean().map((valid) => ({ schema: s.boolean(), valid, invalid: null })),
  fc.constantFrom("a", "b").map((valid) => ({ schema: s.oneOf("a", "b"), valid, invalid: "c" })),
  fc.nat(99).map((share) => ({ schema: s.percentage(), valid: `${share}%`, invalid: share })),
  fc.nat(99).map((count) => ({ schema: s.duration(), valid: `${count}s`, invalid: `${count} s` })),
  fc.jsonValue().map((valid) => ({ schema: s.json(), valid, invalid: undefined })),
);

const { tree } = fc.letrec<{ tree: Case }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    fc.array(tie("tree"), { minLength: 1, maxLength: 3 }).map(objectOf),
    tie("tree").map(({ schema, valid, invalid }) => ({
      schema: s.array(schema),
      valid: [valid, valid],
      invalid: [valid, invalid],
    })),
    tie("tree").map(({ schema, valid, invalid }) => ({
      schema: s.record(schema),
      valid: { x: valid },
      // A record takes a field that is `undefined` for one that is absent.
      invalid: invalid === undefined ? [] : { x: valid, y: invalid },
    })),
    tie("tree").map(({ schema, valid }) => ({
      schema: s.union(s.literal("other"), schema),
      valid,
      invalid: undefined,
    })),
  ),
}));

function objectOf(fields: readonly Case[]): Case {
  const entries = fields.map((field, index) => [`f${index}`, field] as const);
  const valid = Object.fromEntries(entries.map(([name, field]) => [name, field.valid]));
  return {
    schema: s.object(Object.fromEntries(entries.map(([name, field]) => [name, field.schema]))),
    valid,
    invalid: { ...valid, f0: fields[0]?.invalid },
  };
}

const validate = (schema: s.AnySchema, value: unknown): { value?: unknown; issues?: readonly unknown[] | undefined } =>
  schema["~standard"].validate(value) as { value?: unknown; issues?: readonly unknown[] | undefined };

test.prop([tree], { numRuns: runs(2_000) })("a schema takes what fits it, and its own output unchanged", (each) => {
  const first = validate(each.schema, each.valid);
  expect(first.issues).toBeUndefined();
  expect(validate(each.schema, first.value)).toStrictEqual(first);
});

test.prop([tree], { numRuns: runs(2_000) })("a schema refuses what does not fit, and says why", (each) => {
  expect(validate(each.schema, each.invalid).issues?.length).toBeGreaterThan(0);
});

test.prop([fc.array(tree, { minLength: 1, maxLength: 3 }), fc.string()], { numRuns: runs(1_000) })(
  "an object refuses a field it does not name, and nothing else of a value that fits",
  (fields, name) => {
    const { schema, valid } = objectOf(fields);
    fc.pre(!Object.hasOwn(valid as object, name));
    const given = Object.fromEntries([...Object.entries(valid as object), [name, 1]]);
    const { issues } = validate(schema, given);
    expect(issues).toStrictEqual([{ path: [name], message: expect.stringMatching(/^unknown field/) as string }]);
  },
);
