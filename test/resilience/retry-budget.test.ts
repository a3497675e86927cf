import { describe, expect, test } from "vitest";
import { type RetryBudget, constant, hedge, retry, retryBudget } from "keelson/resilience";
import { eachInVirtualTime, outcome } from "./fixture.js";

const time = eachInVirtualTime();
const take = (budget: RetryBudget, most = 1_000): number => {
  let taken = 0;
  while (taken < most && budget.extra()) taken += 1;
  return taken;
};

describe("tokens", () => {
  test("as in gRPC proposal A6: ten tokens, a failure takes one, a success gives a tenth, more than half are needed", () => {
    const budget = retryBudget.tokens();
    for (let failures = 1; failures <= 4; failures += 1) {
      budget.ended("first", "failed");
      expect(budget.extra()).toBe(true);
    }
    budget.ended("extra", "failed");
    expect(budget.extra()).toBe(false);
    budget.ended("first", "cancelled");
    expect(budget.extra()).toBe(false);
    budget.ended("first", "ok");
    expect(budget.extra()).toBe(true);
  });

  test("never below none nor above max", () => {
    const budget = retryBudget.tokens({ max: 2, ratio: 0.5 });
    for (let failures = 0; failures < 10; failures += 1) budget.ended("first", "failed");
    for (let successes = 0; successes < 2; successes += 1) budget.ended("first", "ok");
    expect(budget.extra()).toBe(false);
    for (let successes = 0; successes < 10; successes += 1) budget.ended("first", "ok");
    budget.ended("first", "failed");
    expect(budget.extra()).toBe(false);
  });
});

describe("ratio", () => {
  test("Finagle's figures: 20 %, and ten a second over ten seconds in any case", () => {
    const budget = retryBudget.ratio();
    expect(take(budget)).toBe(100);
    for (let calls = 0; calls < 1_000; calls += 1) budget.first();
    expect(take(budget)).toBe(200);
  });

  test("what is older than the window is forgotten, what was taken and what was earned", async () => {
    const budget = retryBudget.ratio({ reserve: 1, window: "10s" });
    for (let calls = 0; calls < 50; calls += 1) budget.first();
    expect(take(budget)).toBe(20);
    await time.current.advance("5s");
    expect(take(budget)).toBe(0);
    for (let calls = 0; calls < 5; calls += 1) budget.first();
    expect(take(budget)).toBe(1);
    await time.current.advance("6s");
    expect(take(budget)).toBe(10);
    await time.current.advance("1h");
    expect(take(budget)).toBe(10);
  });
});

describe("inflight", () => {
  test("a fifth of what is under way, and three in any case", () => {
    const budget = retryBudget.inflight();
    expect(take(budget)).toBe(3);
    for (let calls = 0; calls < 37; calls += 1) budget.first();
    expect(take(budget)).toBe(7);
    budget.ended("extra", "failed");
    expect(take(budget)).toBe(1);
    for (let calls = 0; calls < 37; calls += 1) budget.ended("first", "ok");
    expect(take(budget)).toBe(0);
  });
});

test("shared by many callers, it bounds the load that an outage makes", async () => {
  const budget = retryBudget.ratio({ ratio: 0.2, reserve: 0 });
  let attempts = 0;
  const down = (): Promise<never> => {
    attempts += 1;
    return Promise.reject(new Error("down"));
  };
  const calls = Array.from({ length: 100 }, () => outcome(retry(down, { retries: 5, backoff: constant(10), budget })));
  await time.current.runUntilIdle();
  await Promise.all(calls);
  expect(attempts).toBe(120);
});

test("shared by retry and hedge; an exhausted one only suppresses the further attempt", async () => {
  const budget = retryBudget.ratio({ ratio: 0, reserve: 0.1 });
  const flaky = ({ attempt }: { readonly attempt: number }): Promise<number> =>
    attempt === 1 ? Promise.reject(new Error("first")) : Promise.resolve(attempt);
  const first = retry(flaky, { backoff: constant(1), budget });
  await time.current.runUntilIdle();
  expect(await first).toBe(2);
  let attempts = 0;
  const slow = async (): Promise<string> => {
    attempts += 1;
    await time.current.runtime.sleep(100);
    return "slow but fine";
  };
  const second = hedge({ after: 10, budget }).execute(slow);
  await time.current.runUntilIdle();
  expect(await second).toBe("slow but fine");
  expect(attempts).toBe(1);
});

test("figures that make no sense are refused", () => {
  expect(() => retryBudget.tokens({ max: 0 })).toThrow("Expected `max`");
  expect(() => retryBudget.tokens({ ratio: -1 })).toThrow("Expected `ratio`");
  expect(() => retryBudget.ratio({ ratio: -1 })).toThrow("Expected `ratio`");
  expect(() => retryBudget.ratio({ reserve: -1 })).toThrow("Expected `reserve`");
  expect(() => retryBudget.ratio({ window: 0 })).toThrow("Expected `window`");
  expect(() => retryBudget.inflight({ min: 0.5 })).toThrow("Expected `min`");
});
