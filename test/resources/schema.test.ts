import { s } from "keelson/resources";
import { describe, expect, test } from "vitest";

/** What a schema makes of a value, or what is wrong with it as `path: message`. */
function read(schema: s.AnySchema, value: unknown): unknown {
  const result = schema["~standard"].validate(value);
  if (result instanceof Promise) throw new Error("asynchronous");
  if (result.issues === undefined) return result.value;
  return result.issues.map(({ path = [], message }) => `${path.map(String).join(".")}: ${message}`);
}

describe("each schema says what it expected and what came", () => {
  test.each<[string, s.AnySchema, unknown, string]>([
    ["string", s.string(), 1, "expected a string, got `1`"],
    ["string", s.string({ minLength: 2 }), "a", 'expected a string of at least 2 characters, got "a"'],
    ["string", s.string({ maxLength: 2 }), "abc", 'expected a string of at most 2 characters, got "abc"'],
    ["string", s.string({ minLength: 1, maxLength: 2 }), "", 'expected a string of 1 to 2 characters, got ""'],
    ["string", s.string({ pattern: /^a+$/g }), "b", 'expected a string matching /^a+$/g, got "b"'],
    ["number", s.number(), Number.NaN, "expected a number, got `NaN`"],
    ["number", s.number({ max: 1 }), 2, "expected a number of at most 1, got `2`"],
    ["number", s.number(), "1", 'expected a number, got "1"'],
    ["integer", s.integer({ min: 0 }), -1, "expected an integer of at least 0, got `-1`"],
    ["integer", s.integer({ min: 1, max: 9 }), 1.5, "expected an integer from 1 to 9, got `1.5`"],
    ["boolean", s.boolean(), "true", 'expected a boolean, got "true"'],
    ["literal", s.literal(null), undefined, "expected `null`, got nothing"],
    ["oneOf", s.oneOf("a", "b", 3), "c", 'expected "a", "b" or `3`, got "c"'],
    ["array", s.array(s.string()), {}, "expected an array, got an object"],
    ["array", s.array(s.string(), { minLength: 1 }), [], "expected an array of at least 1 item, got 0"],
    ["array", s.array(s.string(), { minLength: 2 }), ["a"], "expected an array of at least 2 items, got 1"],
    ["array", s.array(s.string(), { maxLength: 1 }), ["a", "b"], "expected an array of 0 to 1 items, got 2"],
    ["record", s.record(s.string()), [], "expected an object, got an array"],
    ["object", s.object({}), null, "expected an object, got `null`"],
    ["variant", s.variant("type", { a: s.object({}) }), "a", 'expected an object, got "a"'],
    ["duration", s.duration(), "soon", 'expected a duration in milliseconds or such as "15s", got "soon"'],
    ["duration", s.duration(), Number.POSITIVE_INFINITY, expect.stringContaining("got `Infinity`") as string],
    ["duration", s.duration(), true, expect.stringContaining("got `true`") as string],
    ["percentage", s.percentage(), "-5%", 'expected a percentage such as "25%", got "-5%"'],
    ["json", s.json(), undefined, "expected a JSON value, got nothing"],
    ["json", s.json(), () => 1, "expected a JSON value, got a function"],
    ["refine", s.refine(s.integer(), "an odd number", (n) => n % 2 === 1), 2, "expected an odd number, got `2`"],
    ["refine", s.refine(s.integer(), "an odd number", (n) => n % 2 === 1), "2", 'expected an integer, got "2"'],
  ])("%s", (_, schema, value, message) => {
    const result = schema["~standard"].validate(value);
    expect(result).toStrictEqual({ issues: [{ message, path: [] }] });
  });
});

test("accepts and completes what is valid", () => {
  expect(read(s.string({ pattern: /a/g }), "banana")).toBe("banana");
  expect(read(s.string({ pattern: /a/g }), "banana")).toBe("banana");
  expect(read(s.oneOf(false, null), null)).toBeNull();
  expect(read(s.array(s.array(s.integer())), [[1], []])).toStrictEqual([[1], []]);
  expect(read(s.record(s.integer()), { a: 1, b: undefined })).toStrictEqual({ a: 1 });
  expect(read(s.duration(), "1.5m")).toBe(90_000);
  expect(read(s.json(), { a: [1, null], b: undefined })).toStrictEqual({ a: [1, null] });
});

describe("object", () => {
  const probe = s.object({ path: s.string(), period: s.withDefault(s.duration(), "10s") });
  const schema = s.object({
    replicas: s.withDefault(s.integer({ min: 0 }), 1),
    probes: s.optional(s.record(probe)),
    ports: s.withDefault(s.array(s.object({ port: s.integer() })), []),
  });

  test("defaults are filled in, all the way down; optional fields stay away", () => {
    expect(read(schema, {})).toStrictEqual({ replicas: 1, ports: [] });
    expect(read(schema, { replicas: undefined, probes: { live: { path: "/" } } })).toStrictEqual({
      replicas: 1,
      probes: { live: { path: "/", period: 10_000 } },
      ports: [],
    });
    const nested = s.object({ probe: s.withDefault(s.object({ period: s.withDefault(s.duration(), "5s") }), {}) });
    expect(read(nested, {})).toStrictEqual({ probe: { period: 5_000 } });
  });

  test("each issue has the path of its field, and all of them are told", () => {
    const given = { replicas: -1, probes: { live: { path: 1 } }, ports: [{ port: 1 }, { port: "x" }, {}] };
    expect(read(schema, given)).toStrictEqual([
      "replicas: expected an integer of at least 0, got `-1`",
      "probes.live.path: expected a string, got `1`",
      'ports.1.port: expected an integer, got "x"',
      "ports.2.port: expected an integer, got nothing",
    ]);
  });

  test("unknown fields are refused, with the name that was meant where one is near", () => {
    expect(read(schema, { replcias: 1, Ports: [], porst: [], zebra: 1, gone: undefined })).toStrictEqual([
      'replcias: unknown field (did you mean "replicas"?), got `1`',
      'Ports: unknown field (did you mean "ports"?), got an array',
      'porst: unknown field (did you mean "ports"?), got an array',
      "zebra: unknown field, got `1`",
    ]);
    expect(read(s.object({}), JSON.parse('{"__proto__":1}'))).toStrictEqual(["__proto__: unknown field, got `1`"]);
  });

  test("null is no absent field", () => {
    expect(read(schema, { probes: null })).toStrictEqual(["probes: expected an object, got `null`"]);
  });
});

test("a record keeps a field named __proto__ as a field", () => {
  const value = read(s.record(s.integer()), JSON.parse('{"__proto__":1}'));
  expect(Object.entries(value as object)).toStrictEqual([["__proto__", 1]]);
});

describe("union", () => {
  const surge = s.union(s.integer({ min: 0 }), s.percentage());

  test("the first schema that takes the value reads it", () => {
    expect(read(surge, 3)).toBe(3);
    expect(read(surge, "25%")).toBe("25%");
    expect(read(surge, "25")).toStrictEqual([
      ': expected an integer of at least 0 or a percentage such as "25%", got "25"',
    ]);
  });

  test("where one schema only has the value's shape, its issues are told", () => {
    const target = s.object({ target: s.union(s.string(), s.object({ port: s.integer(), host: s.string() })) });
    expect(read(target, { target: { port: "x" } })).toStrictEqual([
      'target.port: expected an integer, got "x"',
      "target.host: expected a string, got nothing",
    ]);
  });
});

test("variant reads the rest by the schema that a field names", () => {
  const strategy = s.object({
    strategy: s.variant("type", {
      Recreate: s.object({}),
      RollingUpdate: s.object({ surge: s.withDefault(s.integer(), 1) }),
    }),
  });
  expect(read(strategy, { strategy: { type: "RollingUpdate" } })).toStrictEqual({
    strategy: { type: "RollingUpdate", surge: 1 },
  });
  expect(read(strategy, { strategy: { type: "Recreate", surge: 1 } })).toStrictEqual([
    "strategy.surge: unknown field, got `1`",
  ]);
  expect(read(strategy, { strategy: { type: "toString" } })).toStrictEqual([
    'strategy.type: expected "Recreate" or "RollingUpdate", got "toString"',
  ]);
  expect(read(strategy, { strategy: {} })).toStrictEqual([
    'strategy.type: expected "Recreate" or "RollingUpdate", got nothing',
  ]);
});

test("options that make no sense are refused where the schema is made", () => {
  expect(() => s.string({ minLength: 2, maxLength: 1 })).toThrow(RangeError);
  expect(() => s.integer({ min: 2, max: 1 })).toThrow(RangeError);
  expect(() => s.array(s.string(), { minLength: -1 })).toThrow(RangeError);
  expect(() => s.array(s.string(), { minLength: 1, maxLength: 0 })).toThrow(RangeError);
  expect(() => s.withDefault(s.array(s.integer({ min: 0 })), [1, -1])).toThrow(
    "Expected `value` to be one that the schema takes; value[1]: expected an integer of at least 0, got `-1`",
  );
});
