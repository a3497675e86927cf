import { expect, test } from "vitest";
import { TimeoutError } from "keelson/core";
import { coalesce } from "keelson/resilience";
import { eachInVirtualTime, outcome } from "./fixture.js";

const time = eachInVirtualTime();

function loader() {
  const signals: AbortSignal[] = [];
  const load = async ({ signal }: { readonly signal: AbortSignal }): Promise<number> => {
    signals.push(signal);
    await time.current.runtime.sleep(10, { signal });
    return signals.length;
  };
  return { signals, load };
}

test("calls for one key that overlap become one; later ones are made anew", async () => {
  const users = coalesce<string, number>();
  const { signals, load } = loader();
  const both = [users("a", load), users("a", load), users("b", load)];
  expect(users.size).toBe(2);
  await time.current.runUntilIdle();
  expect(await Promise.all(both)).toEqual([2, 2, 2]);
  expect(users.size).toBe(0);
  const next = users("a", load);
  await time.current.runUntilIdle();
  await next;
  expect(signals).toHaveLength(3);
});

test("a failure is everybody's, and is not kept", async () => {
  const users = coalesce<string, number>();
  const fail = (): Promise<never> => Promise.reject(new Error("down"));
  const results = await Promise.all([outcome(users("a", fail)), outcome(users("a", () => 1))]);
  expect(results).toEqual([
    ["failed", new Error("down")],
    ["failed", new Error("down")],
  ]);
  expect(await users("a", () => 1)).toBe(1);
  await expect(
    users("a", () => {
      throw new Error("at once");
    }),
  ).rejects.toThrow("at once");
});

test("one who gives up leaves the others alone; the last one aborts the call", async () => {
  const users = coalesce<string, number>();
  const { signals, load } = loader();
  const controller = new AbortController();
  const gone = outcome(users("a", load, { signal: controller.signal }));
  const last = outcome(users("a", load, { timeout: 5 }));
  await time.current.settle();
  controller.abort("enough");
  expect(await gone).toEqual(["failed", "enough"]);
  expect(signals[0]?.aborted).toBe(false);
  await time.current.advance(5);
  expect((await last)[1]).toBeInstanceOf(TimeoutError);
  expect(signals[0]?.reason).toBeInstanceOf(TimeoutError);
  expect(users.size).toBe(0);
  expect(await outcome(users("a", load, { signal: controller.signal }))).toEqual(["failed", "enough"]);
  expect(signals).toHaveLength(1);
});
