import { virtualTime } from "keelson/testing";
import { describe, expect, test } from "vitest";
import { WorkQueue } from "../../src/controllers/work-queue.js";

/** Takes and finishes all that is ready; their keys, in order. */
function drained(queue: WorkQueue): readonly string[] {
  const keys: string[] = [];
  for (let item = queue.get(); item !== undefined; item = queue.get()) {
    keys.push(item.key);
    queue.done(item);
  }
  return keys;
}

describe("an order", () => {
  test("is by priority, then by arrival; a key that is added again moves up, never down", () => {
    const queue = new WorkQueue();
    queue.add("a", { priority: -100 });
    queue.add("b");
    queue.add("c");
    queue.add("d", { priority: -100 });
    queue.add("d", { priority: 7 });
    queue.add("b", { priority: -100 });
    expect(drained(queue)).toEqual(["d", "b", "c", "a"]);
  });

  test("of delayed keys is by when they are due", async () => {
    using time = virtualTime();
    const queue = new WorkQueue();
    for (const [key, delayMs] of Object.entries({ a: 50, b: 10, c: 40, d: 20, e: 30 })) queue.add(key, { delayMs });
    await time.advance(60);
    expect(drained(queue)).toEqual(["b", "d", "e", "c", "a"]);
  });
});

describe("a delayed key", () => {
  test("is handed out when it is due and not a millisecond earlier", async () => {
    using time = virtualTime();
    const queue = new WorkQueue();
    queue.add("a", { delayMs: 100 });
    await time.advance(99);
    expect([queue.depth, drained(queue)]).toEqual([1, []]);
    await time.advance(1);
    expect([queue.depth, drained(queue)]).toEqual([1, ["a"]]);
  });

  test("that is added at once fires once, not again when it would have been due", async () => {
    using time = virtualTime();
    const queue = new WorkQueue();
    let ready = 0;
    queue.onReady = () => {
      ready += 1;
    };
    queue.add("a", { delayMs: 100 });
    queue.add("a");
    expect(drained(queue)).toEqual(["a"]);
    await time.advance("1h");
    expect([drained(queue), ready, queue.depth]).toEqual([[], 1, 0]);
  });

  test("keeps the sooner of two delays, whichever came first", async () => {
    using time = virtualTime();
    const queue = new WorkQueue();
    queue.add("a", { delayMs: 100 });
    queue.add("a", { delayMs: 50 });
    queue.add("b", { delayMs: 50 });
    queue.add("b", { delayMs: 100 });
    await time.advance(50);
    expect(drained(queue)).toEqual(["a", "b"]);
    await time.advance("1h");
    expect(drained(queue)).toEqual([]);
  });

  test("far off keeps nobody waiting for the clock", async () => {
    using time = virtualTime();
    new WorkQueue().add("a", { delayMs: 3_600_000 });
    await time.runUntilIdle();
    expect(time.runtime.now()).toBe(0);
  });
});

describe("a running key", () => {
  test("is not handed out a second time; added meanwhile, it runs once more however often it was added", () => {
    const queue = new WorkQueue();
    queue.add("a");
    const item = queue.get();
    queue.add("a");
    queue.add("a", { delayMs: 10 });
    queue.add("a");
    expect(queue.get()).toBeUndefined();
    if (item !== undefined) queue.done(item);
    expect(drained(queue)).toEqual(["a"]);
    expect(queue.depth).toBe(0);
  });

  test("that is put off is counted from the call, and is ready at once if the work took longer", async () => {
    using time = virtualTime();
    const queue = new WorkQueue();
    queue.add("a");
    queue.add("b");
    const [a, b] = [queue.get(), queue.get()];
    queue.add("a", { delayMs: 100 });
    queue.add("b", { delayMs: 10 });
    await time.advance(60);
    if (a !== undefined) queue.done(a);
    if (b !== undefined) queue.done(b);
    expect(drained(queue)).toEqual(["b"]);
    await time.advance(40);
    expect(drained(queue)).toEqual(["a"]);
  });
});

test("a closed queue forgets what waits, takes nothing more and leaves no timer", async () => {
  using time = virtualTime();
  const queue = new WorkQueue();
  queue.add("running");
  const item = queue.get();
  queue.add("running", { delayMs: 5 });
  queue.add("ready");
  queue.add("delayed", { delayMs: 10 });
  queue.close();
  queue.add("late");
  if (item !== undefined) queue.done(item);
  await time.advance("1h");
  expect([queue.depth, queue.get()]).toEqual([0, undefined]);
});
