import { fc, test as prop } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { RateLimitedError, rateLimit } from "keelson/resilience";
import { virtualTime } from "keelson/testing";
import { eachInVirtualTime, outcome } from "./fixture.js";

describe("rateLimit", () => {
  const time = eachInVirtualTime();
  const now = (): number => time.current.runtime.now();

  test("a steady pace, first come first served", async () => {
    const policy = rateLimit({ rate: 10, wait: "1m" });
    const starts = [1, 2, 3, 4].map(() => policy.execute(now));
    await time.current.runUntilIdle();
    expect(await Promise.all(starts)).toEqual([0, 100, 200, 300]);
  });

  test("a pause saves up no more than the burst", async () => {
    const policy = rateLimit({ rate: 10, burst: 3, wait: "1m" });
    await time.current.advance("1h");
    const starts = [1, 2, 3, 4, 5].map(() => policy.execute(() => now() - 3_600_000));
    await time.current.runUntilIdle();
    expect(await Promise.all(starts)).toEqual([0, 0, 0, 100, 200]);
  });

  test("what would wait too long is refused at once, and says for how long", async () => {
    const policy = rateLimit({ rate: 1, per: "1m", wait: "90s" });
    const calls = [1, 2, 3].map(() => outcome(policy.execute(now)));
    const [, error] = (await calls[2]) ?? [];
    expect(error).toBeInstanceOf(RateLimitedError);
    expect(error).toMatchObject({ retryAfterMs: 120_000 });
    await time.current.runUntilIdle();
    expect(await Promise.all(calls.slice(0, 2))).toEqual([
      ["ok", 0],
      ["ok", 60_000],
    ]);
  });

  test("a call that is given up while it waits uses up nothing", async () => {
    const policy = rateLimit({ rate: 10, wait: "1m" });
    const controller = new AbortController();
    await policy.execute(now);
    const gone = outcome(policy.execute(now, { signal: controller.signal }));
    const next = policy.execute(now);
    await time.current.advance(50);
    controller.abort("enough");
    expect(await gone).toEqual(["failed", "enough"]);
    await time.current.runUntilIdle();
    expect(await next).toBe(100);
    const alone = outcome(policy.execute(now, { signal: AbortSignal.abort("no") }));
    expect(await alone).toEqual(["failed", "no"]);
  });

  test("the last to give up leaves no timer behind", async () => {
    const policy = rateLimit({ rate: 1, per: "1h", wait: "1d" });
    await policy.execute(now);
    const controller = new AbortController();
    const gone = outcome(policy.execute(now, { signal: controller.signal }));
    await time.current.settle();
    controller.abort("enough");
    await gone;
    await time.current.runUntilIdle();
    expect(now()).toBe(0);
    const next = policy.execute(now);
    await time.current.runUntilIdle();
    expect(await next).toBe(3_600_000);
  });

  test("figures that make no sense are refused", () => {
    expect(() => rateLimit({ rate: 0 })).toThrow("`rate`");
    expect(() => rateLimit({ rate: 1, burst: 0 })).toThrow("`burst`");
  });
});

prop.prop([
  fc.integer({ min: 1, max: 50 }),
  fc.integer({ min: 1, max: 5 }),
  fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 40 }),
])(
  "in any time t, at most burst + t × rate calls begin, in order, none later than need be",
  async (rate, burst, arrivals) => {
    using time = virtualTime();
    const policy = rateLimit({ rate, burst, wait: "1d" });
    const starts: number[] = [];
    const sorted = arrivals.toSorted((a, b) => a - b);
    const calls = sorted.map(async (at) => {
      await time.runtime.sleep(at);
      await policy.execute(() => starts.push(time.runtime.now()));
    });
    await time.runUntilIdle();
    await Promise.all(calls);
    const interval = 1_000 / rate;
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    for (const [from, start] of starts.entries()) {
      for (let to = from; to < starts.length; to += 1) {
        const most = burst + ((starts[to] ?? 0) - start) / interval;
        expect(to - from + 1).toBeLessThanOrEqual(most + 1e-6);
      }
      // One by one against the bucket that the algorithm stands for.
    }
    let due = Number.NEGATIVE_INFINITY;
    for (const [index, at] of sorted.entries()) {
      const start = Math.max(at, due - interval * (burst - 1));
      expect(starts[index]).toBeCloseTo(start, 5);
      due = Math.max(due, start) + interval;
    }
  },
);
