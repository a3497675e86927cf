import { expect, test } from "vitest";
import { PENDING, TimeoutError } from "keelson/core";
import { Mutex } from "keelson/sync";
import { virtualTime } from "keelson/testing";
import { armed } from "../support/armed.js";
import { settled } from "../support/settled.js";

test("one holder at a time, in the order of the calls", async () => {
  const mutex = new Mutex<string[]>([]);
  const use = async (name: string): Promise<void> => {
    using guard = await mutex.lock();
    guard.value.push(`${name} in`);
    await Promise.resolve();
    guard.value.push(`${name} out`);
  };
  await Promise.all(["a", "b", "c"].map(use));
  using guard = await mutex.lock();
  expect(guard.value).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
  expect(guard.mutex).toBe(mutex);
});

test("the value can be replaced, until the guard is released", async () => {
  const mutex = new Mutex(1);
  const guard = await mutex.lock();
  guard.value = 2;
  expect(guard.isHeld).toBe(true);
  guard.release();
  guard.release();
  expect(guard.isHeld).toBe(false);
  expect(() => guard.value).toThrow(TypeError);
  expect(() => (guard.value = 3)).toThrow(TypeError);
  expect((await mutex.lock()).value).toBe(2);
});

test("releasing a guard twice does not let two in", async () => {
  const mutex = new Mutex();
  const guard = await mutex.lock();
  guard.release();
  const next = await mutex.lock();
  guard.release();
  expect(mutex.tryLock()).toBeUndefined();
  next.release();
  expect(mutex.isLocked).toBe(false);
});

test("tryLock neither waits nor barges", async () => {
  const mutex = new Mutex();
  const guard = mutex.tryLock();
  expect(guard?.isHeld).toBe(true);
  expect(mutex.tryLock()).toBeUndefined();
  const waiting = mutex.lock();
  guard?.release();
  expect(mutex.tryLock()).toBeUndefined();
  (await waiting).release();
  expect(mutex.tryLock()?.isHeld).toBe(true);
});

test("runExclusive releases whatever happens", async () => {
  const mutex = new Mutex(5);
  expect(await mutex.runExclusive((guard) => guard.value + 1)).toBe(6);
  await expect(mutex.runExclusive(() => Promise.reject(new RangeError("r")))).rejects.toThrow(RangeError);
  const throwing = (): never => {
    throw new RangeError("r");
  };
  await expect(mutex.runExclusive(throwing)).rejects.toThrow(RangeError);
  expect(mutex.isLocked).toBe(false);
});

test("an abort or a deadline loses the place and nothing else", async () => {
  using time = virtualTime();
  const mutex = new Mutex();
  const guard = await mutex.lock();
  const controller = new AbortController();
  const aborted = mutex.lock({ signal: controller.signal });
  const late = mutex.runExclusive(() => 1, { timeout: "1s" }).catch((error: unknown) => error);
  const patient = mutex.lock();
  controller.abort("gone");
  await expect(aborted).rejects.toBe("gone");
  await time.advance("1s");
  expect(await late).toBeInstanceOf(TimeoutError);
  expect(await settled(patient)).toBe(false);
  guard.release();
  expect((await patient).isHeld).toBe(true);
  await expect(mutex.lock({ timeout: 0 })).rejects.toThrow(TimeoutError);
  await time.runUntilIdle(0);
});

test("as a branch it is locked by the poll that finds it free", () => {
  const mutex = new Mutex("v");
  const source = mutex.guard()["~source"];
  const guard = source.poll();
  expect(mutex.isLocked).toBe(true);
  expect(source.poll()).toBe(PENDING);
  const waiter = armed(source);
  if (typeof guard === "object") guard.release();
  expect(waiter.values[0]?.value).toBe("v");
});

test("eight workers handing a mutex around do not starve a timer", async () => {
  const mutex = new Mutex();
  let isOver = false;
  setTimeout(() => (isOver = true), 1);
  const worker = async (): Promise<void> => {
    while (!isOver) (await mutex.lock()).release();
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(isOver).toBe(true);
});

test("runExclusive without a function is refused by name, at once, and locks nothing", async () => {
  const mutex = new Mutex();
  const refused = "Expected `use` to be a function, got `undefined`";
  await expect(mutex.runExclusive(undefined as never)).rejects.toThrow(refused);
  using _guard = await mutex.lock();
  await expect(mutex.runExclusive(undefined as never)).rejects.toThrow(refused);
});
