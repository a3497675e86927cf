import { describe, expect, test } from "vitest";
import { type CallContext, hedge } from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();
const now = (): number => time.current.runtime.now();

/** Attempts that take so long and end so, in order. */
function scripted(...script: readonly (readonly [ms: number, end: "ok" | "fails"])[]) {
  const started: number[] = [];
  const signals: AbortSignal[] = [];
  const fn = async ({ attempt, signal }: CallContext): Promise<number> => {
    started.push(now());
    signals.push(signal);
    const [ms, end] = script[attempt - 1] ?? [0, "fails"];
    await time.current.runtime.sleep(ms, { signal });
    if (end === "fails") throw new Error(`attempt ${String(attempt)}`);
    return attempt;
  };
  return { started, signals, fn };
}

describe("hedge", () => {
  test("a fast first attempt stays alone", async () => {
    const { started, fn } = scripted([9, "ok"]);
    const result = hedge({ after: 10 }).execute(fn);
    await time.current.runUntilIdle();
    expect(await result).toBe(1);
    expect(started).toEqual([0]);
    expect(now()).toBe(9);
  });

  test("a slow one gets company; the first to succeed wins and the other's signal aborts", async () => {
    const { started, signals, fn } = scripted([100, "ok"], [5, "ok"]);
    const result = hedge({ after: 10 }).execute(fn);
    await time.current.runUntilIdle();
    expect(await result).toBe(2);
    expect(started).toEqual([0, 10]);
    expect(now()).toBe(15);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(time.current.failures).toEqual([]);
  });

  test("at most so many, each after the same time", async () => {
    const { started, fn } = scripted([100, "ok"], [100, "ok"], [100, "ok"]);
    const result = hedge({ after: 10, max: 2 }).execute(fn);
    await time.current.runUntilIdle();
    expect(await result).toBe(1);
    expect(started).toEqual([0, 10, 20]);
  });

  test("a failure counts only when nothing is left that might succeed", async () => {
    const first = hedge({ after: 10 }).execute(scripted([20, "fails"], [20, "ok"]).fn);
    const both = outcome(hedge({ after: 10 }).execute(scripted([20, "fails"], [20, "fails"]).fn));
    const early = outcome(hedge({ after: 10 }).execute(scripted([5, "fails"]).fn));
    await time.current.runUntilIdle();
    expect(await first).toBe(2);
    expect(await both).toEqual(["failed", new Error("attempt 2")]);
    expect(await early).toEqual(["failed", new Error("attempt 1")]);
    expect(now()).toBe(30);
  });

  test("an abort reaches every attempt and starts no further one", async () => {
    const controller = new AbortController();
    const attempts: number[] = [];
    const fn = (ctx: CallContext): Promise<never> => {
      attempts.push(ctx.attempt);
      return untilAborted(ctx);
    };
    const result = outcome(hedge({ after: 10, max: 5 }).execute(fn, { signal: controller.signal }));
    await time.current.advance(10);
    controller.abort("enough");
    expect(await result).toEqual(["failed", "enough"]);
    await time.current.runUntilIdle();
    expect(attempts).toEqual([1, 2]);
    expect(await outcome(hedge({ after: 1 }).execute(fn, { signal: controller.signal }))).toEqual(["failed", "enough"]);
  });

  test("an abort before the delay is over starts no further one, even if the first does not listen", async () => {
    const controller = new AbortController();
    let attempts = 0;
    const fn = (): Promise<void> => {
      attempts += 1;
      return time.current.runtime.sleep(50);
    };
    const result = hedge({ after: 10 }).execute(fn, { signal: controller.signal });
    await time.current.advance(5);
    controller.abort("enough");
    await time.current.runUntilIdle();
    await result;
    expect(attempts).toBe(1);
  });

  test("a loser that fails for a reason of its own is reported", async () => {
    const fn = async ({ attempt }: CallContext): Promise<number> => {
      await time.current.runtime.sleep(attempt === 1 ? 50 : 5);
      if (attempt === 1) throw new Error("late");
      return attempt;
    };
    const result = hedge({ after: 10 }).execute(fn);
    await time.current.runUntilIdle();
    expect(await result).toBe(2);
    expect(time.current.failures).toEqual([{ error: new Error("late"), task: "hedge" }]);
  });

  test("the delay follows a quantile of the latencies", async () => {
    const policy = hedge({ after: { quantile: 0.9, initial: "1h" } });
    for (let call = 1; call <= 16; call += 1) {
      const done = policy.execute(() => time.current.runtime.sleep(call * 10));
      await time.current.runUntilIdle();
      await done;
    }
    const { started, fn } = scripted([10_000, "ok"], [1, "ok"]);
    const begun = now();
    const result = policy.execute(fn);
    await time.current.runUntilIdle();
    await result;
    // The 15th of 16 latencies: at least nine tenths are no longer.
    expect(started.map((at) => at - begun)).toEqual([0, 150]);
  });

  test("figures that make no sense are refused", () => {
    expect(() => hedge({ after: 5, max: 0 })).toThrow("`max`");
    expect(() => hedge({ after: "soon" as "1s" })).toThrow("`after`");
    expect(() => hedge({ after: { quantile: 2, initial: 5 } })).toThrow("`after.quantile`");
  });
});
