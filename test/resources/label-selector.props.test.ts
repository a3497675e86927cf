import { fc, test } from "@fast-check/vitest";
import { type LabelRequirement, labelSelector, parseLabelSelector } from "keelson/resources";
import { expect } from "vitest";
import { runs } from "../support/deep.js";

const key = fc.constantFrom("app", "tier", "example.com/track", "in", "notin", "x_1.y");
const value = fc.constantFrom("", "web", "db", "v1.2-x", "in");
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({
    key,
    operator: fc.constantFrom("in" as const, "notIn" as const),
    values: fc.array(value, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ key, operator: fc.constantFrom("exists" as const, "absent" as const) }),
);
const labels = fc.dictionary(key, value, { noNullPrototype: true });

test.prop([fc.array(requirement, { maxLength: 4 })], { numRuns: runs(2_000) })(
  "what is printed reads back as the same requirements",
  (requirements) => {
    const selector = labelSelector(requirements);
    expect(parseLabelSelector(String(selector)).requirements).toEqual(requirements);
  },
);

test.prop([fc.array(requirement, { maxLength: 4 }), labels], { numRuns: runs(5_000) })(
  "matches is set membership, requirement by requirement",
  (requirements, given) => {
    const values = new Map(Object.entries(given));
    const expected = requirements.every((each) => {
      const has = values.has(each.key);
      if (!("values" in each)) return has === (each.operator === "exists");
      const isIn = has && new Set(each.values).has(values.get(each.key) ?? "");
      return isIn === (each.operator === "in");
    });
    expect(labelSelector(requirements).matches(given)).toBe(expected);
    expect(parseLabelSelector(String(labelSelector(requirements))).matches(given)).toBe(expected);
  },
);

test.prop([fc.string({ unit: fc.constantFrom("a", "b", "=", "!", ",", "(", ")", " ", "in", ".") })], {
  numRuns: runs(5_000),
})("any text is read, or refused with a TypeError; what is read prints and reads the same", (text) => {
  let selector;
  try {
    selector = parseLabelSelector(text);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return;
  }
  expect(parseLabelSelector(String(selector)).requirements).toStrictEqual(selector.requirements);
});
