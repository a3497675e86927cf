import { expect, test } from "vitest";
import { fallback } from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

eachInVirtualTime();

test("answers failures, and nothing else", async () => {
  const policy = fallback((error) => Promise.resolve(`instead of ${String(error)}`));
  expect(await policy.execute(() => "fine")).toBe("fine");
  expect(await policy.execute(() => Promise.reject(new Error("down")))).toBe("instead of Error: down");
});

test("only those that may be covered", async () => {
  const [soft, hard] = [new Error("soft"), new Error("hard")];
  const policy = fallback(() => "instead", { fallbackIf: (error) => error === soft });
  expect(await policy.execute(() => Promise.reject(soft))).toBe("instead");
  expect(await outcome(policy.execute(() => Promise.reject(hard)))).toEqual(["failed", hard]);
});

test("a call that was given up is not answered; one that fallback fails for rejects with its error", async () => {
  const policy = fallback(() => "instead");
  const controller = new AbortController();
  const result = outcome(policy.execute(untilAborted, { signal: controller.signal }));
  controller.abort("enough");
  expect(await result).toEqual(["failed", "enough"]);
  expect(await outcome(policy.execute(() => 1, { signal: controller.signal }))).toEqual(["failed", "enough"]);
  const failing = fallback(() => Promise.reject(new Error("both")));
  await expect(failing.execute(() => Promise.reject(new Error("one")))).rejects.toThrow("both");
  expect(() => fallback("value" as never)).toThrow("Expected `instead` to be a function");
  expect(() => fallback(() => 1, { fallbackIf: 1 as never })).toThrow("`fallbackIf`");
});
