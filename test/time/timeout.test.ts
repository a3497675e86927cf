import { expect, test } from "vitest";
import { TimeoutError } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { consumeBudget, hasBudget, sleep, timeout, timeoutAt, yieldNow } from "keelson/time";

test("a result in time is the result, and the timer goes", async () => {
  using time = virtualTime();
  expect(await timeout("1h", () => Promise.resolve(5))).toBe(5);
  expect(await timeout(0, () => 6)).toBe(6);
  await time.runUntilIdle(0);
});

test("a failure in time is the failure", async () => {
  using time = virtualTime();
  await expect(timeout("1h", () => Promise.reject(new RangeError("r")))).rejects.toThrow(RangeError);
  const throwing = (): never => {
    throw new RangeError("r");
  };
  await expect(timeout("1h", throwing)).rejects.toThrow(RangeError);
  await time.runUntilIdle(0);
  expect(time.failures).toEqual([]);
});

test("an operation that aborts the caller's signal itself is given up, too", async () => {
  using time = virtualTime();
  const controller = new AbortController();
  const stop = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
    controller.abort("stop");
    return sleep("2h", { signal }).then(() => Promise.reject(new Error("never")));
  };
  await expect(timeout("1h", stop, { signal: controller.signal })).rejects.toBe("stop");
  await time.runUntilIdle(0);
  const stopped = new AbortController();
  const ready = (): number => {
    stopped.abort("stop");
    return 5;
  };
  expect(await timeout("1h", ready, { signal: stopped.signal })).toBe(5);
});

test("after the deadline the signal aborts with the same TimeoutError", async () => {
  using time = virtualTime();
  let seen: unknown;
  const slow = timeout("2s", ({ signal }) => {
    signal.addEventListener("abort", () => (seen = signal.reason as unknown));
    return new Promise<never>(() => undefined);
  });
  const outcome = slow.catch((error: unknown) => error);
  await time.advance("2s");
  const error = await outcome;
  expect(error).toBeInstanceOf(TimeoutError);
  expect(error).toMatchObject({ timeoutMs: 2_000, code: "TIMEOUT" });
  expect(seen).toBe(error);
});

test("a result at the very deadline wins, however deep it comes from", async () => {
  using time = virtualTime();
  const deep = async (): Promise<string> => {
    await Promise.resolve();
    await sleep(100);
    for (let step = 0; step < 50; step++) await Promise.resolve();
    return "just in time";
  };
  const result = timeout(100, deep);
  await time.advance(100);
  expect(await result).toBe("just in time");
});

test("the caller's abort ends it at once, with its reason", async () => {
  using time = virtualTime();
  const controller = new AbortController();
  const reason = new Error("stop");
  let inner: AbortSignal | undefined;
  const slow = timeout(
    "1h",
    (context) => {
      inner = context.signal;
      return sleep("1h", context);
    },
    { signal: controller.signal },
  );
  controller.abort(reason);
  await expect(slow).rejects.toBe(reason);
  expect(inner?.reason).toBe(reason);
  await time.runUntilIdle(0);
  let ran = false;
  await expect(timeout(1, () => (ran = true), { signal: controller.signal })).rejects.toBe(reason);
  expect(ran).toBe(false);
});

test("a late failure is reported, a late result and the abort come back are not", async () => {
  using time = virtualTime();
  const fails = timeout(10, () => sleep(20).then(() => Promise.reject(new Error("late"))));
  const aborts = timeout(10, ({ signal }) => sleep(20, { signal }));
  const wraps = timeout(10, ({ signal }) =>
    sleep(20, { signal }).catch((cause: unknown) => Promise.reject(new Error("wrapped", { cause }))),
  );
  const succeeds = timeout(10, () => sleep(20));
  const outcomes = Promise.allSettled([fails, aborts, wraps, succeeds]);
  await time.advance(50);
  const all = await outcomes;
  expect(
    all.map((outcome) => outcome.status === "rejected" && (outcome.reason as unknown) instanceof TimeoutError),
  ).toEqual([true, true, true, true]);
  expect(time.failures).toEqual([{ error: new Error("late"), task: "timeout" }]);
});

test("a signal read after the end does not abort", async () => {
  using time = virtualTime();
  let later: (() => AbortSignal) | undefined;
  await timeout(10, (context) => {
    later = () => context.signal;
  });
  await time.advance(20);
  expect(later?.().aborted).toBe(false);
});

test("timeoutAt gives up at an instant, at once when that has passed", async () => {
  using time = virtualTime();
  await time.advance(100);
  const slow = timeoutAt(150, () => sleep("1h")).catch((error: unknown) => error);
  const late = timeoutAt(50, () => sleep("1h")).catch((error: unknown) => error);
  expect(await timeoutAt(50, () => "ready")).toBe("ready");
  await time.advance(50);
  expect(await slow).toMatchObject({ timeoutMs: 50 });
  expect(await late).toMatchObject({ timeoutMs: 0 });
});

test("nonsense is refused", async () => {
  await expect(timeout("soon" as "1s", () => 1)).rejects.toThrow(TypeError);
});

test("yieldNow lets the loop turn; consumeBudget does after 256", async () => {
  let turned = false;
  setImmediate(() => (turned = true));
  await yieldNow();
  expect(turned).toBe(true);
  using _time = virtualTime();
  turned = false;
  setImmediate(() => (turned = true));
  for (let step = 0; step < 256; step++) await consumeBudget();
  expect(turned).toBe(false);
  await consumeBudget();
  expect(turned).toBe(true);
});

test.each([
  ["system", undefined],
  ["virtual", virtualTime],
])("hasBudget says whether the next operation completes in this turn (%s)", async (_name, make) => {
  using _time = make?.();
  while (hasBudget()) void consumeBudget();
  let completed = false;
  const next = consumeBudget().then(() => (completed = true));
  for (let step = 0; step < 10; step++) await Promise.resolve();
  expect([completed, hasBudget()]).toEqual([false, false]);
  await next;
  expect(hasBudget()).toBe(true);
  for (let step = 0; step < 255; step++) void consumeBudget();
  expect(hasBudget()).toBe(true);
  void consumeBudget();
  expect(hasBudget()).toBe(false);
});

test("a budget that is spent comes back though whoever asks for it leaves the rest for another time", async () => {
  while (hasBudget()) void consumeBudget();
  expect(hasBudget()).toBe(false);
  await yieldNow();
  expect(hasBudget()).toBe(true);
});
