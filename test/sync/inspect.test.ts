import { inspect } from "node:util";
import { StreamMap, mpsc, selector } from "keelson/channels";
import { Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce } from "keelson/sync";
import { CancellationToken, JoinMap, JoinQueue, JoinSet, TaskTracker } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { DelayQueue, interval, timer } from "keelson/time";
import { describe, expect, test } from "vitest";

const [, numbers] = mpsc.channel<number>(1);
const closed = new Semaphore(3);
closed.close();
const cell = new OnceCell<string>({ value: "secret" });
const cancelled = new CancellationToken();
cancelled.cancel(new Error("secret"));

describe("what stands in a service's state prints what it may tell, and no value", () => {
  test.each([
    [new Mutex("secret").tryLock(), "MutexGuard { isHeld: true }"],
    [new Mutex(), "Mutex { isLocked: false }"],
    [closed, "Semaphore { availablePermits: 3, isClosed: true }"],
    [new Semaphore(3).tryAcquire(2), "SemaphorePermit { count: 2 }"],
    [new RwLock("secret").tryRead(), "ReadGuard { isHeld: true }"],
    [new RwLock("secret").tryWrite(), "WriteGuard { isHeld: true }"],
    [new Notify(), "Notify {}"],
    [cell, "OnceCell { isInitialized: true }"],
    [new SetOnce(), "SetOnce { isInitialized: false }"],
    [cancelled, "CancellationToken { isCancelled: true }"],
    [new JoinSet(), "JoinSet { length: 0 }"],
    [new JoinMap(), "JoinMap { length: 0 }"],
    [new JoinQueue(), "JoinQueue { length: 0 }"],
    [new TaskTracker(), "TaskTracker { length: 0, isClosed: false }"],
    [new DelayQueue(), "DelayQueue { length: 0 }"],
    [interval("1s", { missed: "burst" }), "Interval { period: 1000, missed: 'burst' }"],
    [new StreamMap(), "StreamMap { size: 0 }"],
    [selector({ numbers }), "Selector { branches: [ 'numbers' ] }"],
  ])("%#: $1", (value, printed) => {
    expect(inspect(value)).toBe(printed);
    expect(inspect([value], { depth: 9, showHidden: true })).not.toContain("secret");
  });

  test("a timer", async () => {
    using time = virtualTime();
    const soon = timer("1s");
    expect(inspect(soon)).toBe(`Timer { deadline: ${String(soon.deadline)}, isElapsed: false }`);
    await time.advance("1s");
    expect(inspect(soon)).toContain("isElapsed: true");
  });
});
