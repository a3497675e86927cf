import { describe, expect, test } from "vitest";
import { checkFunction, checkInteger, checkName, checkNumber, checkOneOf, shown } from "../../src/core/check.js";

const message = (check: () => void): string => {
  try {
    check();
  } catch (error) {
    return String(error);
  }
  return "fine";
};

describe("checks name the option, the expectation and what came", () => {
  test.each<[() => void, string]>([
    [
      () => {
        checkInteger("n", 3, 1);
      },
      "fine",
    ],
    [
      () => {
        checkInteger("n", 0, 1);
      },
      "RangeError: Expected `n` to be an integer of at least 1, got `0`",
    ],
    [
      () => {
        checkInteger("n", 9, 1, 8);
      },
      "RangeError: Expected `n` to be an integer from 1 to 8, got `9`",
    ],
    [
      () => {
        checkInteger("n", 1.5, 1);
      },
      "RangeError: Expected `n` to be an integer of at least 1, got `1.5`",
    ],
    [
      () => {
        checkInteger("n", "3" as unknown as number, 1);
      },
      'RangeError: Expected `n` to be an integer of at least 1, got "3"',
    ],
    [
      () => {
        checkNumber("x", 0.5, 0, 1);
      },
      "fine",
    ],
    [
      () => {
        checkNumber("x", 2, 0, 1);
      },
      "RangeError: Expected `x` to be a number from 0 to 1, got `2`",
    ],
    [
      () => {
        checkNumber("x", Number.NaN, 0);
      },
      "RangeError: Expected `x` to be a number of at least 0, got `NaN`",
    ],
    [
      () => {
        checkNumber("x", Number.POSITIVE_INFINITY, 0);
      },
      "RangeError: Expected `x` to be a number of at least 0, got `Infinity`",
    ],
    [
      () => {
        checkFunction("f", message);
      },
      "fine",
    ],
    [
      () => {
        checkFunction("f", {});
      },
      "TypeError: Expected `f` to be a function, got an object",
    ],
    [
      () => {
        checkName("s", "a");
      },
      "fine",
    ],
    [
      () => {
        checkName("s", "");
      },
      'TypeError: Expected `s` to be a non-empty string, got ""',
    ],
    [
      () => {
        checkName("s", undefined);
      },
      "TypeError: Expected `s` to be a non-empty string, got `undefined`",
    ],
    [
      () => {
        checkOneOf("mode", "a", ["a", "b"]);
      },
      "fine",
    ],
    [
      () => {
        checkOneOf("mode", "c", ["a", "b"]);
      },
      'TypeError: Expected `mode` to be one of "a", "b", got "c"',
    ],
    [
      () => {
        checkOneOf("mode", 1, ["a"]);
      },
      'TypeError: Expected `mode` to be one of "a", got `1`',
    ],
  ])("%#", (check, expected) => {
    expect(message(check)).toBe(expected);
  });
});

test("what came is shown short, and never from inside", () => {
  expect(shown({ password: "hunter2" })).toBe("an object");
  expect(shown(["hunter2"])).toBe("an array");
  expect(shown(() => "hunter2")).toBe("a function");
  expect(shown(null)).toBe("`null`");
  expect(shown(12n)).toBe("`12`");
  expect(shown(Symbol("s"))).toBe("`Symbol(s)`");
  expect(shown("x".repeat(100))).toBe(`"${"x".repeat(59)}`);
});
