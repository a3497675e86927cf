import { expect, test } from "vitest";
import { PENDING } from "keelson/core";
import { RwLock } from "keelson/sync";
import { armed } from "../support/armed.js";
import { settled } from "../support/settled.js";

test("readers share, a writer is alone", async () => {
  const lock = new RwLock(1);
  const [one, two] = await Promise.all([lock.read(), lock.read()]);
  const writing = lock.write();
  expect(await settled(writing)).toBe(false);
  one.release();
  two.release();
  const writer = await writing;
  writer.value += 1;
  expect(lock.tryRead()).toBeUndefined();
  expect(lock.tryWrite()).toBeUndefined();
  writer.release();
  writer.release();
  expect(lock.tryRead()?.value).toBe(2);
});

test("a writer that waits holds back later readers", async () => {
  const lock = new RwLock("v");
  const reader = await lock.read();
  const writing = lock.write();
  const reading = lock.read();
  expect(lock.tryRead()).toBeUndefined();
  reader.release();
  const writer = await writing;
  expect(await settled(reading)).toBe(false);
  writer.release();
  expect((await reading).value).toBe("v");
});

test("downgrade lets queued readers in, and no writer between", async () => {
  const lock = new RwLock("old");
  const writer = await lock.write();
  const reading = lock.read();
  const writing = lock.write();
  writer.value = "new";
  const reader = writer.downgrade();
  expect((await reading).value).toBe("new");
  expect(reader.value).toBe("new");
  expect(await settled(writing)).toBe(false);
  expect(writer.isHeld).toBe(false);
  expect(() => writer.downgrade()).toThrow(TypeError);
  writer.release();
  reader.release();
  (await reading).release();
  expect((await writing).value).toBe("new");
});

test("a downgraded writer is one reader among others", async () => {
  const lock = new RwLock(0, { maxReaders: 2 });
  const reader = (await lock.write()).downgrade();
  expect(lock.tryWrite()).toBeUndefined();
  const other = lock.tryRead();
  expect([other?.isHeld, lock.tryRead()]).toEqual([true, undefined]);
  other?.release();
  expect(lock.tryWrite()).toBeUndefined();
  reader.release();
  expect(lock.tryWrite()?.isHeld).toBe(true);
});

test("maxReaders bounds the readers", async () => {
  const lock = new RwLock(0, { maxReaders: 2 });
  const one = await lock.read();
  await lock.read();
  expect(lock.tryRead()).toBeUndefined();
  const third = lock.read();
  one.release();
  expect((await third).isHeld).toBe(true);
  expect(() => new RwLock(0, { maxReaders: 0 })).toThrow(RangeError);
});

test("with one reader at most, read and write guards stay apart", async () => {
  const lock = new RwLock(0, { maxReaders: 1 });
  const writer = await lock.write();
  const reading = lock.read();
  const writing = lock.write();
  writer.release();
  const reader = await reading;
  expect("downgrade" in reader).toBe(false);
  reader.release();
  expect("downgrade" in (await writing)).toBe(true);
});

test("an aborted writer lets the readers behind it in", async () => {
  const lock = new RwLock(0);
  await lock.read();
  const controller = new AbortController();
  const writing = lock.write({ signal: controller.signal });
  const reading = lock.read();
  controller.abort("no");
  await expect(writing).rejects.toBe("no");
  expect((await reading).isHeld).toBe(true);
});

test("guards that were released refuse the value", async () => {
  const lock = new RwLock(0);
  const reader = await lock.read();
  reader.release();
  reader.release();
  expect(() => reader.value).toThrow(TypeError);
  const writer = await lock.write();
  writer.release();
  expect(() => writer.value).toThrow(TypeError);
  expect(() => (writer.value = 1)).toThrow(TypeError);
});

test("both rights are branches", () => {
  const lock = new RwLock("v");
  const writer = lock.writing()["~source"].poll();
  expect(lock.reading()["~source"].poll()).toBe(PENDING);
  const reader = armed(lock.reading()["~source"]);
  if (typeof writer === "object") writer[Symbol.dispose]();
  expect(reader.values[0]?.value).toBe("v");
  reader.values[0]?.[Symbol.dispose]();
  expect(lock.tryWrite()?.isHeld).toBe(true);
});
