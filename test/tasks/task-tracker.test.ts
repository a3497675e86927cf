import { expect, test } from "vitest";
import { TaskTracker } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";
import { settled } from "../support/settled.js";

test("wait ends when it is closed and none runs", async () => {
  using time = virtualTime();
  const tracker = new TaskTracker();
  tracker.spawn(() => sleep(10));
  const waiting = tracker.wait();
  expect([tracker.length, tracker.isEmpty, tracker.isClosed]).toEqual([1, false, false]);
  expect(tracker.close()).toBe(true);
  expect(tracker.close()).toBe(false);
  expect(await settled(waiting)).toBe(false);
  await time.advance(10);
  await waiting;
  expect(tracker.isEmpty).toBe(true);
  await tracker.wait({ timeout: 0 });
});

test("what could not be spawned is not counted", async () => {
  const tracker = new TaskTracker();
  expect(() => tracker.spawn(undefined as unknown as () => void)).toThrow(TypeError);
  tracker.close();
  await tracker.wait({ timeout: 0 });
});

test("an open tracker keeps who waits, empty or not", async () => {
  const tracker = new TaskTracker();
  const waiting = tracker.wait();
  expect(await settled(waiting)).toBe(false);
  tracker.close();
  await waiting;
});

test("tasks may be spawned after closing, and are waited for", async () => {
  using time = virtualTime();
  const tracker = new TaskTracker();
  tracker.close();
  const task = tracker.spawn(() => sleep(10).then(() => "late"));
  const waiting = tracker.wait();
  expect(await settled(waiting)).toBe(false);
  await time.advance(10);
  await waiting;
  expect(await task.join()).toBe("late");
});

test("who waited while it was done for an instant is let go", async () => {
  const tracker = new TaskTracker();
  const token = tracker.token();
  const waiting = tracker.wait();
  tracker.close();
  token[Symbol.dispose]();
  expect(tracker.reopen()).toBe(true);
  expect(tracker.reopen()).toBe(false);
  tracker.token();
  await waiting;
});

test("promises and tokens count", async () => {
  const tracker = new TaskTracker();
  const token = tracker.token();
  const promise = Promise.reject(new RangeError("the caller's"));
  expect(tracker.track(promise)).toBe(promise);
  expect(tracker.length).toBe(2);
  await expect(promise).rejects.toThrow(RangeError);
  await Promise.resolve();
  token[Symbol.dispose]();
  token[Symbol.dispose]();
  expect(tracker.length).toBe(0);
});

test("a promise of others whose then throws counts no longer than it takes to find out", async () => {
  using time = virtualTime();
  const tracker = new TaskTracker();
  const broken = {
    then: (): never => {
      throw new Error("broken");
    },
  };
  expect(tracker.track(broken) === broken).toBe(true);
  await time.settle();
  expect(tracker.length).toBe(0);
});

test("a failed task is reported, as of any other that nobody joins", async () => {
  using time = virtualTime();
  const tracker = new TaskTracker();
  tracker.spawn(() => Promise.reject(new Error("lost")), { name: "request" });
  await time.settle();
  await time.settle();
  expect(tracker.length).toBe(0);
  expect(time.failures).toEqual([{ error: new Error("lost"), task: "request" }]);
});
