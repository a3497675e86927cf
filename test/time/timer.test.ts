import { expect, test } from "vitest";
import { virtualTime } from "keelson/testing";
import { sleep, sleepUntil, timer } from "keelson/time";

test("a timer elapses at its deadline, for all who wait", async () => {
  using time = virtualTime();
  const alarm = timer("1s");
  const woken: string[] = [];
  void alarm.wait().then(() => woken.push("first"));
  void alarm.wait().then(() => woken.push("second"));
  await time.advance(999);
  expect(woken).toEqual([]);
  expect(alarm.isElapsed).toBe(false);
  await time.advance(1);
  expect(woken).toEqual(["first", "second"]);
  expect(alarm.isElapsed).toBe(true);
  expect(alarm.deadline).toBe(1_000);
});

test("an elapsed timer is ready at once, again and again", async () => {
  using time = virtualTime();
  const alarm = timer(10);
  await time.advance(20);
  await alarm.wait({ timeout: 0 });
  await alarm.wait({ timeout: 0 });
});

test("reset moves those who wait, forward and back", async () => {
  using time = virtualTime();
  const alarm = timer(100);
  let rang = 0;
  const wait = () => alarm.wait().then(() => (rang = time.runtime.now()));
  void wait();
  await time.advance(50);
  alarm.reset(100);
  await time.advance(60);
  expect(rang).toBe(0);
  await time.advance(40);
  expect(rang).toBe(150);
  alarm.reset("1h");
  void wait();
  alarm.resetAt(200);
  await time.advance(50);
  expect(rang).toBe(200);
});

test("a timer nobody waits for holds nothing", async () => {
  using time = virtualTime();
  const alarm = timer("1h");
  await time.runUntilIdle(0);
  const controller = new AbortController();
  const wait = alarm.wait({ signal: controller.signal });
  await expect(time.runUntilIdle(0)).rejects.toThrow("timer");
  controller.abort("enough");
  await expect(wait).rejects.toBe("enough");
  await time.runUntilIdle(0);
});

test("a timer that never elapses is allowed, nonsense is not", () => {
  expect(timer(Number.POSITIVE_INFINITY).isElapsed).toBe(false);
  expect(() => timer(-1)).toThrow(TypeError);
  expect(() => timer(Number.NaN)).toThrow(TypeError);
});

test("sleep resolves after its duration, and an abort ends it", async () => {
  using time = virtualTime();
  const log: string[] = [];
  void sleep("2s").then(() => log.push(`slept until ${String(time.runtime.now())}`));
  void sleepUntil(500).then(() => log.push(`woke at ${String(time.runtime.now())}`));
  const reason = new Error("no");
  const aborted = sleep("3s", { signal: AbortSignal.abort(reason) });
  await expect(aborted).rejects.toBe(reason);
  await time.runUntilIdle();
  expect(log).toEqual(["woke at 500", "slept until 2000"]);
  await expect(sleep("1 hour" as "1h")).rejects.toThrow(TypeError);
});

test("an abort during a sleep leaves no timer", async () => {
  using time = virtualTime();
  const controller = new AbortController();
  const nap = sleep("1h", { signal: controller.signal });
  await time.advance(1);
  controller.abort();
  await expect(nap).rejects.toBe(controller.signal.reason);
  await time.runUntilIdle(0);
});

test("sleepUntil an instant that has passed does not wait", async () => {
  using time = virtualTime();
  await time.advance(100);
  await sleepUntil(50, { timeout: 0 });
});

test("an explicit runtime beats the ambient one", async () => {
  using time = virtualTime();
  const { runtime } = time;
  time[Symbol.dispose]();
  let woke = false;
  void sleep(10, { runtime }).then(() => (woke = true));
  await time.advance(10);
  expect(woke).toBe(true);
});
