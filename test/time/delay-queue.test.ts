import { expect, test } from "vitest";
import { virtualTime } from "keelson/testing";
import { DelayQueue } from "keelson/time";

test("values come out in the order of their deadlines", async () => {
  using time = virtualTime({ autoAdvance: true });
  const queue = new DelayQueue<string>();
  queue.insert("late", "1m");
  const key = queue.insert("early", "1s");
  queue.insertAt("middle", 30_000);
  expect(queue.length).toBe(3);
  expect(queue.peek()).toBe(key);
  expect(await queue.next()).toEqual({ ok: true, value: "early", key, deadline: 1_000 });
  expect(time.runtime.now()).toBe(1_000);
  const rest: string[] = [];
  for await (const { value } of queue) rest.push(value);
  expect(rest).toEqual(["middle", "late"]);
  expect(queue.isEmpty).toBe(true);
  expect(queue.peek()).toBeUndefined();
});

test("next says empty, and revives after an insert", async () => {
  using _time = virtualTime({ autoAdvance: true });
  const queue = new DelayQueue<number>();
  expect(await queue.next()).toEqual({ ok: false, reason: "empty" });
  queue.insert(1, 5);
  expect(await queue.next()).toMatchObject({ ok: true, value: 1 });
});

test("an insert with an earlier deadline wakes who waits in time", async () => {
  using time = virtualTime();
  const queue = new DelayQueue<string>();
  queue.insert("slow", "1h");
  let got: unknown;
  void queue.next().then((next) => (got = next));
  await time.advance(10);
  queue.insert("fast", 10);
  await time.advance(10);
  expect(got).toMatchObject({ value: "fast" });
});

test("a wait ends with empty when the last value goes", async () => {
  using time = virtualTime();
  const queue = new DelayQueue<string>();
  const key = queue.insert("only", 10);
  const both = Promise.all([queue.next(), queue.next()]);
  await time.advance(10);
  expect(await both).toMatchObject([{ ok: true, value: "only" }, { ok: false }]);
  expect(queue.has(key)).toBe(false);
  const removed = queue.insert("other", 10);
  const next = queue.next();
  queue.remove(removed);
  expect(await next).toEqual({ ok: false, reason: "empty" });
  queue.insert("third", 10);
  const cleared = queue.next();
  queue.clear();
  expect(await cleared).toEqual({ ok: false, reason: "empty" });
  await time.runUntilIdle(0);
});

test("reset moves a value, remove takes it out", async () => {
  using time = virtualTime();
  const queue = new DelayQueue<string>();
  const key = queue.insert("a", 10);
  queue.reset(key, 100);
  expect(key.deadline).toBe(100);
  await time.advance(50);
  await expect(queue.next({ timeout: 0 })).rejects.toThrow("timed out");
  queue.resetAt(key, 60);
  await time.advance(10);
  expect(await queue.next({ timeout: 0 })).toMatchObject({ value: "a", deadline: 60 });
  const other = queue.insert("b", 10);
  expect(queue.remove(other)).toMatchObject({ value: "b", key: other });
  expect(queue.tryRemove(other)).toBeUndefined();
  expect(() => queue.remove(other)).toThrow(RangeError);
  expect(() => {
    queue.reset(other, 1);
  }).toThrow(RangeError);
  expect(() => new DelayQueue<string>().remove(queue.insert("c", 1))).toThrow(RangeError);
});

test("an aborted wait takes nothing", async () => {
  using time = virtualTime();
  const queue = new DelayQueue<string>();
  queue.insert("kept", 10);
  const controller = new AbortController();
  const wait = queue.next({ signal: controller.signal });
  controller.abort("left");
  await expect(wait).rejects.toBe("left");
  await time.advance(10);
  expect(await queue.next()).toMatchObject({ value: "kept" });
});
