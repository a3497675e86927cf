import { describe, expect, test } from "vitest";
import { TimeoutError } from "keelson/core";
import { timeoutPolicy } from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();

describe("cooperative", () => {
  test("in time: the result, and no timer left", async () => {
    expect(await timeoutPolicy("1h").execute(({ deadline }) => deadline)).toBe(3_600_000);
    await time.current.runUntilIdle();
    expect(time.current.runtime.now()).toBe(0);
  });

  test("the signal aborts with the TimeoutError that the call rejects with", async () => {
    let seen: AbortSignal | undefined;
    const result = outcome(
      timeoutPolicy("2s").execute((ctx) => {
        seen = ctx.signal;
        return untilAborted(ctx);
      }),
    );
    await time.current.runUntilIdle();
    const [kind, error] = await result;
    expect([kind, error]).toEqual(["failed", expect.any(TimeoutError)]);
    expect(error).toMatchObject({ timeoutMs: 2_000 });
    expect(seen?.reason).toBe(error);
  });

  test("an AbortError that the platform makes of it is the TimeoutError again", async () => {
    const fn = ({ signal }: { readonly signal: AbortSignal }): Promise<never> =>
      untilAborted({ signal }).catch(() => Promise.reject(new DOMException("aborted", "AbortError")));
    const result = expect(timeoutPolicy(5).execute(fn)).rejects.toThrow(TimeoutError);
    await time.current.runUntilIdle();
    await result;
  });

  test("a function that does not look at its signal is waited for and believed, unless it fails", async () => {
    const { runtime } = time.current;
    const late = timeoutPolicy(5).execute(() => runtime.sleep(20).then(() => "late"));
    const failing = outcome(
      timeoutPolicy(5).execute(() => runtime.sleep(20).then(() => Promise.reject(new Error("own")))),
    );
    await time.current.runUntilIdle();
    expect(await late).toBe("late");
    const [, error] = await failing;
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeoutMs: 5, cause: new Error("own") });
  });

  test("a failure after an abort from outside is thrown on, even if it comes after the time was up", async () => {
    const { runtime } = time.current;
    const controller = new AbortController();
    const fn = () => runtime.sleep(20).then(() => Promise.reject(new Error("own")));
    const result = outcome(timeoutPolicy(10).execute(fn, { signal: controller.signal }));
    await time.current.advance(5);
    controller.abort("enough");
    await time.current.runUntilIdle();
    expect(await result).toEqual(["failed", new Error("own")]);
  });

  test("an abort from outside is passed on with its reason", async () => {
    const controller = new AbortController();
    const result = outcome(timeoutPolicy("1h").execute(untilAborted, { signal: controller.signal }));
    await time.current.settle();
    controller.abort("enough");
    expect(await result).toEqual(["failed", "enough"]);
    expect(await outcome(timeoutPolicy("1h").execute(() => 1, controller))).toEqual(["failed", "enough"]);
  });
});

describe("abandoning", () => {
  test("rejects on time, and reports what fails later", async () => {
    const { runtime } = time.current;
    const policy = timeoutPolicy(5, { abandon: true });
    const result = outcome(policy.execute(() => runtime.sleep(20).then(() => Promise.reject(new Error("late")))));
    await time.current.advance(5);
    expect((await result)[1]).toBeInstanceOf(TimeoutError);
    await time.current.runUntilIdle();
    expect(time.current.failures).toEqual([{ error: new Error("late"), task: "timeout" }]);
  });
});

test("what is no duration is refused", () => {
  expect(() => timeoutPolicy("soon" as "1s")).toThrow("Expected `timeout` to be a duration");
});
