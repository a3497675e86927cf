import { expect, test } from "vitest";
import { JoinMap, JoinSet } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { collectGarbage } from "../support/garbage.js";

async function alive(objects: readonly WeakRef<object>[]): Promise<number> {
  await collectGarbage();
  return objects.filter((object) => object.deref() !== undefined).length;
}

test("ends that are never taken are let go by a shutdown", async () => {
  const set = new JoinSet<void>();
  const spawned: WeakRef<object>[] = [];
  for (let count = 0; count < 10; count += 1) {
    spawned.push(new WeakRef(set.spawn(() => undefined)));
    await set.shutdown();
  }
  expect(await alive(spawned)).toBe(0);
  expect(set.length).toBe(0);
});

test("ended tasks are let go once replaced, though none is ever taken", async () => {
  using time = virtualTime();
  const map = new JoinMap<string, number>();
  const spawned: WeakRef<object>[] = [];
  map.spawn("first", () => 0);
  for (let count = 0; count < 20; count += 1) {
    spawned.push(new WeakRef(map.spawn("a", () => count)));
    await time.settle();
  }
  expect(await alive(spawned)).toBeLessThan(5);
  const ends = [await map.joinNext(), await map.joinNext(), await map.joinNext()];
  expect(ends).toMatchObject([{ key: "first", value: 0 }, { key: "a", value: 19 }, { reason: "empty" }]);
});
