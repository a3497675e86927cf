import { expect, test } from "vitest";
import { ThrottledError, throttle } from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();
const refuse = (): Promise<never> => Promise.reject(new Error("overloaded"));

test("drops nothing while at least one call in k is accepted", async () => {
  const policy = throttle({ k: 2 });
  for (let call = 0; call < 50; call += 1) {
    await policy.execute(() => "accepted");
    await outcome(policy.execute(refuse));
  }
  expect(policy.probability).toBe(0);
});

test("drops by the formula, counting what it dropped", async () => {
  const policy = throttle({ k: 2 });
  let sent = 0;
  let dropped = 0;
  for (let call = 0; call < 1_000; call += 1) {
    const [, error] = await outcome(policy.execute(() => ((sent += 1), refuse())));
    if (error instanceof ThrottledError) dropped += 1;
  }
  expect(policy.probability).toBeCloseTo(1_000 / 1_001);
  expect(sent + dropped).toBe(1_000);
  // The harmonic number of 1,000 is 7.5: that many are expected to get through.
  expect(sent).toBeGreaterThan(1);
  expect(sent).toBeLessThan(25);
});

test("lets calls through again when the refusals are older than the window", async () => {
  const policy = throttle({ window: "1m" });
  for (let call = 0; call < 100; call += 1) await outcome(policy.execute(refuse));
  expect(policy.probability).toBeGreaterThan(0.9);
  await time.current.advance("67s");
  expect(policy.probability).toBe(0);
});

test("errors that are no refusal, and calls given up, do not count against the other side", async () => {
  const policy = throttle({ isRefusal: () => false });
  for (let call = 0; call < 20; call += 1) await outcome(policy.execute(refuse));
  expect(policy.probability).toBe(0);
  const strict = throttle();
  for (let call = 0; call < 20; call += 1) {
    const controller = new AbortController();
    const given = outcome(strict.execute(untilAborted, { signal: controller.signal }));
    controller.abort("enough");
    expect(await given).toEqual(["failed", "enough"]);
  }
  expect(strict.probability).toBe(0);
  expect(await outcome(strict.execute(() => 1, { signal: AbortSignal.abort("no") }))).toEqual(["failed", "no"]);
});

test("figures that make no sense are refused", () => {
  expect(() => throttle({ k: 0.5 })).toThrow("`k`");
  expect(() => throttle({ window: 0 })).toThrow("`window`");
  expect(() => throttle({ isRefusal: 1 as never })).toThrow("`isRefusal`");
});
