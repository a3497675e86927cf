import { describe, expect, test } from "vitest";
import { ContextError, KeelsonError, TimeoutError, context, formatChain, isKeelsonError } from "keelson/core";

describe("isKeelsonError", () => {
  test("goes by the brand, and by the code when one is named", () => {
    const error = new TimeoutError(5);
    expect(error).toBeInstanceOf(KeelsonError);
    expect(isKeelsonError(error)).toBe(true);
    expect(isKeelsonError(error, "TIMEOUT")).toBe(true);
    expect(isKeelsonError(error, "CONTEXT")).toBe(false);
    expect(isKeelsonError(new Error("plain"))).toBe(false);
    expect(isKeelsonError({ "~keelson": true, code: "TIMEOUT" })).toBe(false);
  });

  test("knows an error of another copy of the package", () => {
    const foreign = Object.assign(new Error("from elsewhere"), { "~keelson": true, code: "LEASE_LOST" });
    expect(isKeelsonError(foreign, "LEASE_LOST")).toBe(true);
  });
});

test("a TimeoutError says how long, and keeps a cause", () => {
  const cause = new Error("slow");
  const error = new TimeoutError(250, { cause });
  expect([error.name, error.code, error.timeoutMs, error.message, error.cause]).toEqual([
    "TimeoutError",
    "TIMEOUT",
    250,
    "timed out after 250 ms",
    cause,
  ]);
});

test("context wraps without touching", () => {
  const cause = new RangeError("out of disk");
  const error = context(cause, "while writing");
  expect(error).toBeInstanceOf(ContextError);
  expect([error.code, error.message, error.cause]).toEqual(["CONTEXT", "while writing", cause]);
});

describe("formatChain", () => {
  test("prints one line a cause, with codes", () => {
    const chain = context(context(new TimeoutError(5), "reading"), "starting");
    expect(formatChain(chain)).toBe(
      "ContextError: starting\n  caused by ContextError: reading\n  caused by TimeoutError [TIMEOUT]: timed out after 5 ms",
    );
  });

  test("indents the parts of an AggregateError", () => {
    const error = new AggregateError([new RangeError("a"), context(new TypeError("c"), "b")], "several");
    expect(formatChain(context(error, "stopping")).split("\n")).toEqual([
      "ContextError: stopping",
      "  caused by AggregateError: several",
      "      RangeError: a",
      "      ContextError: b",
      "      caused by TypeError: c",
    ]);
  });

  test("ends on a cycle, and takes what is no error", () => {
    const error = new Error("a");
    error.cause = context(error, "b");
    expect(formatChain(error)).toBe("Error: a\n  caused by ContextError: b\n  caused by Error (already shown)");
    expect(formatChain(new Error("a", { cause: "b" }))).toBe("Error: a\n  caused by b");
    expect(formatChain(undefined)).toBe("undefined");
    expect(formatChain(null)).toBe("null");
  });

  test("prints no other property, and no stack", () => {
    const error = Object.assign(new Error("refused"), { password: "hunter2", code: 7 });
    expect(formatChain(error)).toBe("Error: refused");
  });
});
