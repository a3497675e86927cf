import { describe, expect, test } from "vitest";
import { TimeoutError } from "keelson/core";
import {
  type LimitAlgorithm,
  type LimitSample,
  QueueFullError,
  adaptiveLimit,
  aimd,
  compose,
  gradient2,
  timeoutPolicy,
  vegas,
} from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();
const sample = (rest: Partial<LimitSample>): LimitSample => ({
  limit: 20,
  rttMs: 10,
  inflight: 20,
  dropped: false,
  random: () => 0.5,
  ...rest,
});

describe("algorithms", () => {
  test("aimd: one up when used, a tenth down on a drop, within its bounds", () => {
    const { update } = aimd({ max: 22 });
    expect(update(sample({}))).toBe(21);
    expect(update(sample({ inflight: 9 }))).toBe(20);
    expect(update(sample({ limit: 22 }))).toBe(22);
    expect(update(sample({ dropped: true }))).toBe(18);
    expect(update(sample({ limit: 1, dropped: true }))).toBe(1);
  });

  test("vegas: grows while the queue is short, shrinks when it is long", () => {
    const { update } = vegas();
    const log = Math.log10(20);
    expect(update(sample({ rttMs: 10 }))).toBe(20);
    expect(update(sample({ rttMs: 10 }))).toBeCloseTo(20 + 6 * log);
    expect(update(sample({ rttMs: 11 }))).toBeCloseTo(20 + log);
    expect(update(sample({ rttMs: 13 }))).toBe(20);
    expect(update(sample({ rttMs: 20 }))).toBeCloseTo(20 - log);
    expect(update(sample({ rttMs: 10, dropped: true }))).toBeCloseTo(20 - log);
    expect(update(sample({ rttMs: 11, inflight: 3 }))).toBe(20);
  });

  test("vegas: measures the idle time anew now and then", () => {
    const { update } = vegas({ initial: 1, max: 1 });
    update(sample({ limit: 1, rttMs: 10 }));
    const rtt = 100;
    const results = Array.from({ length: 60 }, () => update(sample({ limit: 2, rttMs: rtt, inflight: 2 })));
    expect(results[0]).toBe(1);
    // Once 100 ms is taken for idle, the queue is empty again and only the bound holds it.
    expect(results.filter((limit) => limit === 2)).toHaveLength(1);
  });

  test("gradient2: grows while calls take what they usually do, halves at most per smoothed step", () => {
    const { update } = gradient2();
    expect(update(sample({}))).toBeCloseTo(20.8);
    expect(update(sample({ rttMs: 14 }))).toBeCloseTo(20.8);
    expect(update(sample({ rttMs: 1_000 }))).toBeCloseTo(0.8 * 20 + 0.2 * (10 + 4));
    expect(update(sample({ inflight: 9 }))).toBe(20);
    expect(update(sample({ dropped: true }))).toBeCloseTo(0.8 * 20 + 0.2 * (10 + 4));
    expect(gradient2().update(sample({ rttMs: 0 }))).toBeCloseTo(20.8);
  });

  test("gradient2: a usual that an overload has spoilt recovers", () => {
    const { update } = gradient2({ smoothing: 1, queueSize: 0, min: 1 });
    update(sample({ rttMs: 1_000 }));
    for (let window = 0; window < 200; window += 1) update(sample({ rttMs: 10 }));
    expect(update(sample({ rttMs: 60 }))).toBeLessThan(20);
  });

  test("figures that make no sense are refused", () => {
    expect(() => aimd({ backoff: 2 })).toThrow("`backoff`");
    expect(() => aimd({ min: 0 })).toThrow("`min`");
    expect(() => vegas({ initial: 500 })).toThrow("`initial`");
    expect(() => gradient2({ tolerance: 0 })).toThrow("`tolerance`");
    expect(() => gradient2({ smoothing: 2 })).toThrow("`smoothing`");
  });
});

describe("adaptiveLimit", () => {
  const recorded = (): LimitAlgorithm & { readonly samples: LimitSample[] } => {
    const samples: LimitSample[] = [];
    return { initial: 2, samples, update: (given) => (samples.push(given), given.limit + 0.5) };
  };

  test("hands the algorithm a sample per window, with enough calls in it", async () => {
    const algorithm = recorded();
    const policy = adaptiveLimit({ algorithm, queue: 99, minSamples: 3 });
    const call = (ms: number): Promise<void> => policy.execute(() => time.current.runtime.sleep(ms));
    const calls = [call(400), call(800), call(400), call(400)];
    await time.current.runUntilIdle();
    await Promise.all(calls);
    expect(algorithm.samples).toMatchObject([{ limit: 2, rttMs: 500, inflight: 2, dropped: false }]);
    expect(policy.concurrency).toBe(2);
    const more = [call(500), call(500), call(500)];
    await time.current.runUntilIdle();
    await Promise.all(more);
    expect(algorithm.samples[1]?.limit).toBe(2.5);
    expect(policy.concurrency).toBe(3);
    expect(algorithm.samples[0]?.random()).toBeLessThan(1);
  });

  test("timeouts are drops, other failures say nothing", async () => {
    const algorithm = recorded();
    const policy = adaptiveLimit({ algorithm, minSamples: 1, window: 0 });
    await outcome(policy.execute(() => Promise.reject(new Error("not found"))));
    expect(algorithm.samples).toHaveLength(0);
    await outcome(policy.execute(() => Promise.reject(new TimeoutError(5))));
    await outcome(policy.execute(() => Promise.reject(new DOMException("late", "TimeoutError"))));
    const inTime = compose(policy, timeoutPolicy(5));
    const cancelled = ({ signal }: { readonly signal: AbortSignal }) =>
      untilAborted({ signal }).catch(() => Promise.reject(new Error("canceled")));
    const result = outcome(inTime.execute(cancelled));
    await time.current.runUntilIdle();
    await result;
    expect(algorithm.samples.map(({ dropped }) => dropped)).toEqual([true, true, true]);
  });

  test("bounds its queue and lets waiters leave", async () => {
    const policy = adaptiveLimit({ algorithm: aimd({ initial: 1 }), queue: 1 });
    const running = policy.execute(() => time.current.runtime.sleep(10));
    const controller = new AbortController();
    const waiting = outcome(policy.execute(() => 1, { signal: controller.signal }));
    expect([policy.active, policy.pending]).toEqual([1, 1]);
    await expect(policy.execute(() => 1)).rejects.toThrow(QueueFullError);
    controller.abort("enough");
    expect(await waiting).toEqual(["failed", "enough"]);
    expect(await outcome(policy.execute(() => 1, { signal: controller.signal }))).toEqual(["failed", "enough"]);
    await time.current.runUntilIdle();
    await running;
  });

  test.each([
    ["aimd", aimd({ initial: 20 })],
    ["vegas", vegas()],
    ["gradient2", gradient2({ min: 1 })],
  ])("%s: finds what a service of eight bears", async (_name, algorithm) => {
    const { runtime } = time.current;
    const policy = adaptiveLimit({ algorithm, queue: 1_000, window: 100 });
    let busy = 0;
    // Up to eight calls take 10 ms; more of them share what there is, and those that take too long are dropped.
    const serve = async (): Promise<void> => {
      busy += 1;
      const ms = 10 * Math.max(1, busy / 8);
      await runtime.sleep(Math.min(ms, 40));
      busy -= 1;
      if (ms > 20) throw new TimeoutError(20);
    };
    const client = async (): Promise<void> => {
      for (let call = 0; call < 200; call += 1) await outcome(policy.execute(serve));
    };
    const clients = Array.from({ length: 60 }, client);
    await time.current.runUntilIdle();
    await Promise.all(clients);
    expect(policy.concurrency).toBeGreaterThanOrEqual(6);
    expect(policy.concurrency).toBeLessThanOrEqual(20);
  });
});
