import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TimeoutError } from "keelson/core";
import {
  type CallContext,
  CircuitOpenError,
  RetryExhaustedError,
  circuitBreaker,
  constant,
  exponential,
  retry,
  retryPolicy,
  sequence,
} from "keelson/resilience";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { collectGarbage } from "../support/garbage.js";

let time: VirtualTime;
beforeEach(() => {
  time = virtualTime();
});
afterEach(() => {
  time[Symbol.dispose]();
});

/** Fails `times` times, then answers with the number of the attempt; remembers when it was called. */
function flaky(times: number, ...failures: readonly unknown[]) {
  const error = failures.length === 0 ? new Error("flaky") : failures[0];
  const at: number[] = [];
  const fn = (ctx: CallContext): Promise<number> => {
    at.push(time.runtime.now());
    return ctx.attempt <= times ? Promise.reject(error) : Promise.resolve(ctx.attempt);
  };
  return { at, fn };
}

describe("attempts", () => {
  test("a success is the only attempt", async () => {
    const { at, fn } = flaky(0);
    expect(await retry(fn)).toBe(1);
    expect(at).toEqual([0]);
  });

  test("a function that answers or throws at once is welcome", async () => {
    expect(await retry(() => 7)).toBe(7);
    const fn = vi.fn((): number => {
      throw new Error("at once");
    });
    const result = retry(fn, { retries: 1, backoff: constant(5) });
    const caught = expect(result).rejects.toThrow("at once");
    await time.runUntilIdle();
    await caught;
    expect(fn).toHaveBeenCalledTimes(2);
  });

  test("waits exactly what the backoff says, on the runtime's clock", async () => {
    const { at, fn } = flaky(4);
    const result = retry(fn, { retries: 4, backoff: sequence([10, "1s", 0, "1h"]) });
    await time.runUntilIdle();
    expect(await result).toBe(5);
    expect(at).toEqual([0, 10, 1_010, 1_010, 3_601_010]);
  });

  test("three retries with exponential full jitter by default", async () => {
    const { at, fn } = flaky(9);
    const result = retry(fn).catch(() => "gave up");
    await time.runUntilIdle();
    expect(await result).toBe("gave up");
    expect(at).toHaveLength(4);
    const gaps = at.slice(1).map((instant, index) => instant - (at[index] ?? 0));
    expect(gaps.every((gap, index) => gap >= 0 && gap < 100 * 2 ** index)).toBe(true);
  });

  test("no retries means one attempt", async () => {
    const { at, fn } = flaky(1);
    await expect(retry(fn, { retries: 0 })).rejects.toThrow("flaky");
    expect(at).toHaveLength(1);
  });

  test("the backoff sees attempt, error and the delay before", async () => {
    const seen: [number, number][] = [];
    const { fn } = flaky(3);
    const backoff = (step: { attempt: number; previous: number }): number => {
      seen.push([step.attempt, step.previous]);
      return step.attempt * 10;
    };
    const result = retry(fn, { backoff });
    await time.runUntilIdle();
    await result;
    expect(seen).toEqual([
      [1, 0],
      [2, 10],
      [3, 20],
    ]);
  });
});

describe("what is thrown", () => {
  const failures: readonly [string, unknown][] = [
    ["an error", new Error("mine")],
    ["a number", 42],
    ["undefined", undefined],
    ["null", null],
    ["a TypeError", new TypeError("x is not a function")],
    ["a foreign AbortError", new DOMException("stop", "AbortError")],
  ];
  test.each(failures)("%s comes out unchanged, after all retries", async (_name, failure) => {
    const { at, fn } = flaky(9, failure);
    const result = retry(fn, { retries: 2, backoff: constant(1) }).then(
      () => "no",
      (error: unknown) => [error],
    );
    await time.runUntilIdle();
    expect(await result).toStrictEqual([failure]);
    expect(((await result) as unknown[])[0]).toBe(failure);
    expect(at).toHaveLength(3);
  });

  test("retryIf alone says what is worth a retry", async () => {
    const { at, fn } = flaky(9, new TypeError("fetch failed"));
    const retryIf = vi.fn(async (error: unknown, { attempt }: { attempt: number }) => {
      await time.runtime.sleep(1);
      return error instanceof TypeError && attempt < 2;
    });
    const result = expect(retry(fn, { retryIf, backoff: constant(10) })).rejects.toThrow("fetch failed");
    await time.runUntilIdle();
    await result;
    expect(at).toEqual([0, 11]);
  });

  test("wrapped in a RetryExhaustedError if asked for, with the reason", async () => {
    const failure = new Error("down");
    const result = retry(flaky(9, failure).fn, { retries: 1, backoff: constant(1), exhausted: "wrap" });
    const caught = result.catch((error: unknown) => error);
    await time.runUntilIdle();
    const error = await caught;
    expect(error).toBeInstanceOf(RetryExhaustedError);
    expect(error).toMatchObject({ attempts: 2, because: "retries", cause: failure, code: "RETRY_EXHAUSTED" });
  });

  test("not wrapped when retryIf refuses", async () => {
    await expect(retry(flaky(9).fn, { retryIf: () => false, exhausted: "wrap" })).rejects.toThrow("flaky");
  });

  test("what retryIf, onRetry, retryAfter or the backoff throws rejects the call, with the failure as its cause", async () => {
    const boom = {
      failure: new Error("down"),
      throws: (): never => {
        throw new Error("boom");
      },
    };
    const fails = () => Promise.reject(boom.failure);
    for (const options of [
      { retryIf: boom.throws },
      { retryIf: () => Promise.reject(new Error("boom")) },
      { onRetry: boom.throws },
      { retryAfter: boom.throws },
      { backoff: boom.throws },
    ]) {
      await expect(retry(fails, options)).rejects.toThrow(
        expect.objectContaining({ message: "boom", cause: boom.failure }),
      );
    }
  });
});

describe("the other side's wish", () => {
  test.each([
    [100, "2s", 2_000],
    [3_000, "2s", 3_000],
    [60_000, "2s", 7_000],
    [100, undefined, 100],
    [100, "30d", 2 ** 31 - 1],
  ] as const)("a backoff of %d ms, asked for %s, waits %d ms", async (ms, asked, expected) => {
    const { at, fn } = flaky(1);
    const result = retry(fn, { backoff: constant(ms), retryAfter: () => asked });
    await time.runUntilIdle("30d");
    await result;
    expect(at).toEqual([0, expected]);
  });

  test.each(["rethrow", "wrap"] as const)("never to be asked again ends the retrying (%s)", async (exhausted) => {
    const breaker = circuitBreaker();
    const held = breaker.isolate();
    const onRetry = vi.fn();
    const retryAfter = (error: unknown) => (error instanceof CircuitOpenError ? error.retryAfterMs : undefined);
    const options = { retries: Infinity, deadline: Infinity, retryAfter, onRetry, exhausted };
    const error = await retry(() => breaker.execute(() => "ok"), options).catch((thrown: unknown) => thrown);
    const refused = { code: "CIRCUIT_OPEN", retryAfterMs: Number.POSITIVE_INFINITY };
    const wrapped = { attempts: 1, because: "retryAfter", cause: refused };
    expect(error).toMatchObject(exhausted === "wrap" ? wrapped : refused);
    expect(onRetry).not.toHaveBeenCalled();
    await time.runUntilIdle(0);
    held[Symbol.dispose]();
    expect(await retry(() => breaker.execute(() => "ok"), options)).toBe("ok");
  });
});

describe("aborting", () => {
  test("an aborted signal starts nothing", async () => {
    const { at, fn } = flaky(0);
    await expect(retry(fn, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(at).toEqual([]);
  });

  test("during a delay: at once, with the reason, leaving no timer", async () => {
    const controller = new AbortController();
    const { at, fn } = flaky(9);
    const result = retry(fn, { backoff: constant("1h"), signal: controller.signal });
    const caught = expect(result).rejects.toBe("enough");
    await time.advance("1m");
    controller.abort("enough");
    await caught;
    await time.runUntilIdle();
    expect(time.runtime.now()).toBe(60_000);
    expect(at).toEqual([0]);
  });

  test("during an attempt: at once, and the attempt hears of it", async () => {
    const controller = new AbortController();
    let heard: unknown;
    const result = retry(
      ({ signal }) =>
        new Promise(() => {
          signal.addEventListener("abort", () => {
            heard = signal.reason;
          });
        }),
      { signal: controller.signal },
    );
    const caught = expect(result).rejects.toBe("enough");
    await time.settle();
    controller.abort("enough");
    await caught;
    expect(heard).toBe("enough");
  });

  test("a late success is lost, a late failure reported, the abort come back is neither", async () => {
    for (const [end, failures] of [
      ["success", 0],
      ["failure", 1],
      ["echo", 0],
    ] as const) {
      time[Symbol.dispose]();
      time = virtualTime();
      const controller = new AbortController();
      const onRetry = vi.fn();
      const fn = async ({ signal }: CallContext): Promise<void> => {
        await time.runtime.sleep(10);
        if (end === "failure") throw new Error("late");
        if (end === "echo") signal.throwIfAborted();
      };
      const result = expect(retry(fn, { signal: controller.signal, onRetry })).rejects.toBe("enough");
      await time.advance(5);
      controller.abort("enough");
      await result;
      await time.runUntilIdle();
      expect(onRetry).not.toHaveBeenCalled();
      expect(time.failures.map(({ task }) => task)).toEqual(new Array(failures).fill("retry"));
    }
  });

  test("while retryIf thinks: no further attempt", async () => {
    const controller = new AbortController();
    const { at, fn } = flaky(9);
    const retryIf = async (): Promise<boolean> => {
      await time.runtime.sleep(10);
      return true;
    };
    const result = expect(retry(fn, { retryIf, signal: controller.signal })).rejects.toBe("enough");
    await time.advance(5);
    controller.abort("enough");
    await time.runUntilIdle();
    await result;
    expect(at).toEqual([0]);
  });

  test("nothing is kept of a call that has ended while its signal lives on", async () => {
    const { signal } = new AbortController();
    const call = async (): Promise<WeakRef<CallContext>> =>
      new WeakRef(await retry((context) => Promise.resolve(context), { signal }));
    const context = await call();
    await collectGarbage();
    expect(context.deref()).toBeUndefined();
    expect(signal.aborted).toBe(false);
  });

  test("while retryIf never ends: at once, by the signal and by the deadline", async () => {
    const retryIf = () => new Promise<boolean>(() => undefined);
    const controller = new AbortController();
    const aborted = expect(retry(flaky(9).fn, { retryIf, signal: controller.signal })).rejects.toBe("enough");
    const late = expect(retry(flaky(9).fn, { retryIf, deadline: 5 })).rejects.toThrow(TimeoutError);
    await time.advance(5);
    controller.abort("enough");
    await aborted;
    await late;
  });

  test("the signal is the caller's own when there is nothing else to give up for, and is never aborted otherwise", async () => {
    const { signal } = new AbortController();
    expect(await retry((ctx) => ctx.signal, { signal })).toBe(signal);
    const own = await retry((ctx) => ctx.signal);
    expect(own.aborted).toBe(false);
  });
});

describe("deadline", () => {
  test("passing during an attempt rejects with a TimeoutError around the last failure", async () => {
    const failure = new Error("first");
    const signals: AbortSignal[] = [];
    const fn = ({ attempt, signal }: CallContext): Promise<never> => {
      signals.push(signal);
      return attempt === 1 ? Promise.reject(failure) : new Promise<never>(() => undefined);
    };
    const result = retry(fn, { deadline: "2s", backoff: constant("1s") }).catch((error: unknown) => error);
    await time.runUntilIdle();
    const error = await result;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeoutMs: 2_000, cause: failure });
    expect(time.runtime.now()).toBe(2_000);
    expect(signals[1]?.reason).toBe(error);
  });

  test("passing during the first attempt has no cause", async () => {
    const result = retry(() => new Promise(() => undefined), { deadline: 10 }).catch((error: unknown) => error);
    await time.runUntilIdle();
    expect(((await result) as Error).cause).toBeUndefined();
  });

  test("a delay that would reach past it is not begun", async () => {
    const failure = new Error("down");
    const options = { deadline: "5s", backoff: constant("2s"), retries: 9 } as const;
    const plain = retry(flaky(9, failure).fn, options).catch((error: unknown) => error);
    const wrapped = retry(flaky(9, failure).fn, { ...options, exhausted: "wrap" }).catch((error: unknown) => error);
    await time.advance("4s");
    expect(await plain).toBe(failure);
    expect(await wrapped).toMatchObject({ attempts: 3, because: "deadline", cause: failure });
    await time.runUntilIdle();
    expect(time.runtime.now()).toBe(4_000);
  });

  test("attempts know it", async () => {
    await time.advance(100);
    expect(await retry(({ deadline }) => deadline, { deadline: "1s" })).toBe(1_100);
    expect(await retry(({ deadline }) => deadline)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("observers", () => {
  test("onRetry hears of each retry before its delay", async () => {
    const failure = new Error("flaky");
    const onRetry = vi.fn();
    const result = retry(flaky(2, failure).fn, { backoff: exponential({ base: 8, jitter: "none" }), onRetry });
    await time.settle();
    expect(onRetry).toHaveBeenCalledExactlyOnceWith({ attempt: 1, error: failure, delay: 8 });
    await time.runUntilIdle();
    await result;
    expect(onRetry).toHaveBeenLastCalledWith({ attempt: 2, error: failure, delay: 16 });
  });

  test("and so do subscribers of keelson:retry:attempt", async () => {
    const seen: unknown[] = [];
    const listen = (message: unknown): void => void seen.push(message);
    subscribe("keelson:retry:attempt", listen);
    const failure = new Error("flaky");
    const result = retry(flaky(1, failure).fn, { backoff: constant(8) });
    await time.runUntilIdle();
    await result;
    unsubscribe("keelson:retry:attempt", listen);
    expect(seen).toEqual([{ attempt: 1, delayMs: 8, error: failure }]);
  });
});

describe("budget", () => {
  const fake = (allowed: number) => {
    const log: string[] = [];
    return {
      log,
      first: () => void log.push("first"),
      extra: () => {
        log.push("extra?");
        allowed -= 1;
        return allowed >= 0;
      },
      ended: (kind: string, outcome: string) => void log.push(`${kind} ${outcome}`),
    };
  };

  test("counts each attempt from start to end", async () => {
    const budget = fake(9);
    const result = retry(flaky(2).fn, { budget, backoff: constant(1) });
    await time.runUntilIdle();
    await result;
    expect(budget.log).toEqual(["first", "first failed", "extra?", "extra failed", "extra?", "extra ok"]);
  });

  test("exhausted, it ends the retrying with the last error", async () => {
    const budget = fake(1);
    const result = retry(flaky(9).fn, { budget, backoff: constant(1), exhausted: "wrap" });
    const caught = result.catch((error: unknown) => error);
    await time.runUntilIdle();
    expect(await caught).toMatchObject({ attempts: 2, because: "budget" });
  });

  test("an abort gives back what was asked for", async () => {
    const budget = fake(9);
    const controller = new AbortController();
    const result = retry(flaky(9).fn, { budget, backoff: constant("1h"), signal: controller.signal });
    const caught = expect(result).rejects.toBe("enough");
    await time.settle();
    controller.abort("enough");
    await caught;
    expect(budget.log).toEqual(["first", "first failed", "extra?", "extra cancelled"]);
  });

  test("a success is counted", async () => {
    const budget = fake(9);
    await retry(() => 1, { budget });
    expect(budget.log).toEqual(["first", "first ok"]);
  });
});

describe("what p-retry alone would do otherwise", () => {
  test("from attempt 23 on, its default delay overflows and loops hot", async () => {
    const { at, fn } = flaky(30);
    const backoff = exponential({ base: "1s", cap: 2 ** 40, jitter: "none" });
    const result = retry(fn, { retries: Number.POSITIVE_INFINITY, backoff });
    await time.runUntilIdle("365d");
    expect(await result).toBe(31);
    const gaps = at.slice(1).map((instant, index) => instant - (at[index] ?? 0));
    expect(gaps[21]).toBe(1_000 * 2 ** 21);
    expect(gaps.slice(22)).toEqual(new Array(8).fill(2 ** 31 - 1));
  });

  test("a TypeError that is not from fetch ends it, or loops hot", async () => {
    const { at, fn } = flaky(2, new TypeError("cannot read properties of undefined"));
    const result = retry(fn, { backoff: constant(10) });
    await time.runUntilIdle();
    expect(await result).toBe(3);
    expect(at).toEqual([0, 10, 20]);
  });

  test("an abort after a success counts as a failure", async () => {
    const controller = new AbortController();
    const onRetry = vi.fn();
    const result = await retry(
      () => {
        controller.abort("late");
        return "done";
      },
      { signal: controller.signal, onRetry },
    ).catch((error: unknown) => error);
    expect(result).toBe("late");
    expect(onRetry).not.toHaveBeenCalled();
  });

  test("its own AbortError, thrown by some library, ends it and is unwrapped", async () => {
    const { AbortError } = await import("p-retry");
    const foreign = new AbortError("theirs");
    const { at, fn } = flaky(9, foreign);
    const result = retry(fn, { retries: 2, backoff: constant(1) }).catch((error: unknown) => error);
    await time.runUntilIdle();
    expect(await result).toBe(foreign);
    expect(at).toHaveLength(3);
  });
});

describe("as a policy", () => {
  test("retries like the function", async () => {
    const policy = retryPolicy({ retries: 2, backoff: constant(5) });
    expect(policy.name).toBe("retry");
    const { at, fn } = flaky(2);
    const result = policy.execute(fn);
    await time.runUntilIdle();
    expect(await result).toBe(3);
    expect(at).toEqual([0, 5, 10]);
    await expect(policy.execute(fn, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
  });
});

describe("checks at the door", () => {
  test.each([
    [{ retries: -1 }, "Expected `retries` to be an integer of at least 0, got `-1`"],
    [{ retries: Number.NaN }, "Expected `retries`"],
    [{ backoff: 5 as never }, "Expected `backoff` to be a function"],
    [{ retryIf: true as never }, "Expected `retryIf` to be a function"],
    [{ retryAfter: 5 as never }, "Expected `retryAfter` to be a function"],
    [{ onRetry: 5 as never }, "Expected `onRetry` to be a function"],
    [{ exhausted: "panic" as never }, "Expected `exhausted` to be one of"],
    [{ deadline: -5 }, "Expected `deadline` to be a duration"],
  ])("%o", async (options, message) => {
    await expect(retry(() => 1, options)).rejects.toThrow(message);
    expect(() => retryPolicy(options)).toThrow(message);
  });
});
