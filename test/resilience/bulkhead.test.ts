import { describe, expect, test } from "vitest";
import { TimeoutError } from "keelson/core";
import { QueueFullError, bulkhead } from "keelson/resilience";
import { eachInVirtualTime, outcome } from "./fixture.js";

const time = eachInVirtualTime();
const takes = (ms: number) => () => time.current.runtime.sleep(ms).then(() => ms);

describe("bulkhead", () => {
  test("so many at a time, a few waiting in order, the rest refused", async () => {
    const policy = bulkhead({ max: 2, queue: 1 });
    const calls = [10, 20, 30].map((ms) => policy.execute(takes(ms)));
    await expect(policy.execute(takes(40))).rejects.toThrow(QueueFullError);
    expect([policy.active, policy.pending]).toEqual([2, 1]);
    await time.current.runUntilIdle();
    expect(await Promise.all(calls)).toEqual([10, 20, 30]);
    expect(time.current.runtime.now()).toBe(40);
    expect([policy.active, policy.pending]).toEqual([0, 0]);
  });

  test("a wait ends by abort or timeout; what runs is not touched", async () => {
    const policy = bulkhead({ max: 1, queue: 9, timeout: 5 });
    const running = policy.execute(takes(20), { signal: new AbortController().signal });
    const controller = new AbortController();
    const aborted = outcome(policy.execute(takes(1), { signal: controller.signal }));
    const timedOut = outcome(policy.execute(takes(1)));
    await time.current.advance(1);
    controller.abort("enough");
    expect(await aborted).toEqual(["failed", "enough"]);
    await time.current.runUntilIdle();
    expect((await timedOut)[1]).toBeInstanceOf(TimeoutError);
    expect(await running).toBe(20);
    expect(await outcome(policy.execute(takes(1), { signal: controller.signal }))).toEqual(["failed", "enough"]);
  });

  test("a function that throws at once frees its slot", async () => {
    const policy = bulkhead({ max: 1 });
    const boom = (): never => {
      throw new Error("boom");
    };
    await expect(policy.execute(boom)).rejects.toThrow("boom");
    expect(await policy.execute(() => "next")).toBe("next");
  });
});
