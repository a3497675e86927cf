import { inspect } from "node:util";
import { ChannelClosedError, StreamMap, broadcast, mpsc, oneshot, selector, watch } from "keelson/channels";
import { Mutex, Notify, OnceCell, RwLock, Semaphore, SetOnce } from "keelson/sync";
import { CancellationToken, JoinMap, JoinQueue, JoinSet, TaskTracker, spawn } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { DelayQueue, interval, timer } from "keelson/time";
import { describe, expect, test } from "vitest";

const [mpscTx, mpscRx] = mpsc.channel<string>(4);
mpscTx.trySend("secret");
const [watchTx, watchRx] = watch.channel("secret");
const [broadcastTx, broadcastRx] = broadcast.channel<string>(1);
broadcastTx.send("secret");
const [oneshotTx, oneshotRx] = oneshot.channel<string>();
oneshotTx.send("secret");
const closed = new Semaphore(3);
closed.close();
const cancelled = new CancellationToken();
cancelled.cancel(new Error("secret"));

describe("what stands in a service's state prints what it may tell, and no value", () => {
  test.each([
    [mpscTx, "mpsc.Sender { capacity: 3, maxCapacity: 4, isClosed: false, strongCount: 1 }"],
    [mpscRx, "mpsc.Receiver { length: 1, capacity: 3, maxCapacity: 4, isClosed: false, senderStrongCount: 1 }"],
    [mpsc.channel(1)[0].tryReserve(), "mpsc.Permit { isSpent: false }"],
    [mpsc.channel(3)[0].tryReserveMany(2), "mpsc.PermitBatch { length: 2 }"],
    [mpscTx.downgrade(), "mpsc.WeakSender { strongCount: 1, weakCount: 1 }"],
    [mpsc.unbounded()[0], "mpsc.UnboundedSender { isClosed: false, strongCount: 1 }"],
    [watchTx, "watch.Sender { receiverCount: 1, senderCount: 1, isClosed: false }"],
    [watchRx, "watch.Receiver { hasChanged: false, isClosed: false }"],
    [broadcastTx, "broadcast.Sender { length: 1, receiverCount: 1, strongCount: 1 }"],
    [broadcastRx, "broadcast.Receiver { length: 1, isClosed: false, senderStrongCount: 1 }"],
    [oneshotTx, "oneshot.Sender { hasSent: true, isClosed: false }"],
    [oneshotRx, "oneshot.Receiver { isEmpty: false, isTerminated: false }"],
    [selector({ numbers: mpsc.channel<number>(1)[1] }), "Selector { branches: [ 'numbers' ] }"],
    [new StreamMap(), "StreamMap { size: 0 }"],
    [new Mutex("secret").tryLock(), "MutexGuard { isHeld: true }"],
    [new Mutex(), "Mutex { isLocked: false }"],
    [closed, "Semaphore { availablePermits: 3, isClosed: true }"],
    [new Semaphore(3).tryAcquire(2), "SemaphorePermit { count: 2 }"],
    [new RwLock("secret").tryRead(), "ReadGuard { isHeld: true }"],
    [new RwLock("secret").tryWrite(), "WriteGuard { isHeld: true }"],
    [new Notify(), "Notify {}"],
    [new OnceCell<string>({ value: "secret" }), "OnceCell { isInitialized: true }"],
    [new SetOnce(), "SetOnce { isInitialized: false }"],
    [cancelled, "CancellationToken { isCancelled: true }"],
    [new JoinSet(), "JoinSet { length: 0 }"],
    [new JoinMap(), "JoinMap { length: 0 }"],
    [new JoinQueue(), "JoinQueue { length: 0 }"],
    [new TaskTracker(), "TaskTracker { length: 0, isClosed: false }"],
    [new DelayQueue(), "DelayQueue { length: 0 }"],
    [interval("1s", { missed: "burst" }), "Interval { period: 1000, missed: 'burst' }"],
  ])("%#: $1", (value, printed) => {
    expect(inspect(value, { breakLength: Infinity })).toBe(printed);
    expect(inspect([value], { depth: 9, showHidden: true })).not.toContain("secret");
  });

  test("a timer", async () => {
    using time = virtualTime();
    const soon = timer("1s");
    expect(inspect(soon)).toBe(`Timer { deadline: ${String(soon.deadline)}, isElapsed: false }`);
    await time.advance("1s");
    expect(inspect(soon)).toContain("isElapsed: true");
  });

  test("a task, at the depth at which it stands", async () => {
    const task = spawn(() => Promise.resolve("secret"), { name: "fetch" });
    expect(inspect(task)).toBe("TaskHandle { name: 'fetch', isFinished: false, isAborted: false }");
    await task.join();
    task.abort();
    expect(inspect({ task })).toBe("{\n  task: TaskHandle { name: 'fetch', isFinished: true, isAborted: false }\n}");
  });

  test("the error of a closed channel", () => {
    expect(inspect(new ChannelClosedError({ password: "hunter2" }))).not.toContain("hunter2");
  });
});
