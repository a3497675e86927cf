import { inspect } from "node:util";
import { ChannelClosedError, broadcast, mpsc, oneshot, watch } from "keelson/channels";
import { spawn } from "keelson/tasks";
import { describe, expect, test } from "vitest";

describe("handles print usefully, and no message", () => {
  test("mpsc", async () => {
    const [tx, rx] = mpsc.channel<string>(2);
    tx.trySend("secret");
    expect(inspect(tx)).toBe("mpsc.Sender { capacity: 1, maxCapacity: 2, isClosed: false, strongCount: 1 }");
    expect(inspect(rx)).toMatch(/^mpsc\.Receiver \{\s+length: 1,\s+capacity: 1,\s+maxCapacity: 2,/);
    expect(inspect({ permit: await tx.reserve() })).toContain("permit: mpsc.Permit { isSpent: false }");
    expect(inspect(await tx.clone().reserveMany(0))).toBe("mpsc.PermitBatch { length: 0 }");
    expect(inspect(tx.downgrade())).toContain("mpsc.WeakSender");
    expect(inspect(mpsc.unbounded()[0])).toContain("mpsc.UnboundedSender");
    expect(inspect([tx, rx], { depth: 5 })).not.toContain("secret");
  });

  test("tasks", async () => {
    const task = spawn(() => Promise.resolve("secret"), { name: "fetch" });
    expect(inspect(task)).toBe("TaskHandle { name: 'fetch', isFinished: false, isAborted: false }");
    await task.join();
    task.abort();
    expect(inspect({ task })).toBe("{\n  task: TaskHandle { name: 'fetch', isFinished: true, isAborted: false }\n}");
  });

  test("watch", () => {
    const [tx, rx] = watch.channel("secret");
    expect(inspect(tx)).toBe("watch.Sender { receiverCount: 1, senderCount: 1, isClosed: false }");
    expect(inspect(rx)).toBe("watch.Receiver { hasChanged: false, isClosed: false }");
  });

  test("broadcast", () => {
    const [tx, rx] = broadcast.channel<string>(1);
    tx.send("secret");
    expect(inspect(tx)).toBe("broadcast.Sender { length: 1, receiverCount: 1, strongCount: 1 }");
    expect(inspect(rx)).toBe("broadcast.Receiver { length: 1, isClosed: false, senderStrongCount: 1 }");
  });

  test("oneshot", () => {
    const [tx, rx] = oneshot.channel<string>();
    tx.send("secret");
    expect(inspect([tx, rx])).toBe(
      "[\n  oneshot.Sender { hasSent: true, isClosed: false },\n  oneshot.Receiver { isEmpty: false, isTerminated: false }\n]",
    );
  });

  test("the error of a closed channel", () => {
    expect(inspect(new ChannelClosedError({ password: "hunter2" }))).not.toContain("hunter2");
  });
});
