import { expect, test } from "vitest";
import { type Policy, adaptiveLimit, circuitBreaker, fallback, throttle } from "keelson/resilience";
import { eachInVirtualTime } from "./fixture.js";

eachInVirtualTime();

const failure = new Error("down");
const bug = (thrown: unknown) => (): never => {
  throw thrown;
};
const policies: readonly [string, (judge: () => never) => Policy<unknown>][] = [
  ["isFailure", (isFailure) => circuitBreaker({ isFailure })],
  ["openFor", (openFor) => circuitBreaker({ openFor, trip: { kind: "consecutive", failures: 1 } })],
  ["isRefusal", (isRefusal) => throttle({ isRefusal })],
  ["fallbackIf", (fallbackIf) => fallback(() => "instead", { fallbackIf })],
  ["isDrop", (isDrop) => adaptiveLimit({ isDrop })],
];

test.each(policies)("what %s throws rejects the call, with the failure as its cause", async (_option, policy) => {
  const rejected = (thrown: unknown) =>
    policy(bug(thrown))
      .execute(() => Promise.reject(failure))
      .catch((error: unknown) => error);
  expect(await rejected(new Error("bug"))).toMatchObject({ message: "bug", cause: failure });
  const own = new Error("bug", { cause: "its own" });
  expect(await rejected(own)).toBe(own);
  expect(own.cause).toBe("its own");
  expect(await rejected(failure)).toBe(failure);
  expect(failure.cause).toBeUndefined();
  expect(await rejected("no error")).toBe("no error");
});
