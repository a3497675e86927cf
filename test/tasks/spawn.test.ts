import { describe, expect, test } from "vitest";
import { PENDING, TimeoutError, systemRuntime } from "keelson/core";
import { CancelledError, JoinError, spawn } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";
import { armed } from "../support/armed.js";

const failing = (): never => {
  throw new RangeError("no such shard");
};

test("a task starts a microtask later, in the order of the calls", async () => {
  const log: string[] = [];
  const first = spawn(() => log.push("first"));
  const second = spawn(() => log.push("second"));
  log.push("spawned");
  await Promise.resolve();
  expect(log).toEqual(["spawned", "first", "second"]);
  expect([first.isFinished, second.isFinished]).toEqual([true, true]);
});

test("a task spawned by a starting task starts later, too", async () => {
  const log: string[] = [];
  const outer = spawn(() => {
    spawn(() => log.push("inner"));
    log.push("outer");
  });
  await outer.join();
  await Promise.resolve();
  expect(log).toEqual(["outer", "inner"]);
});

test("join gives the result, any number of times, now or later", async () => {
  using time = virtualTime();
  const task = spawn(() => sleep(10).then(() => "done"));
  const waits = Promise.all([task.join(), task.join()]);
  expect(task.isFinished).toBe(false);
  await time.advance(10);
  expect(await waits).toEqual(["done", "done"]);
  expect(await task.join()).toBe("done");
  expect("then" in task).toBe(false);
});

test("its context names it", async () => {
  using _time = virtualTime();
  const task = spawn((context) => [context.id, context.name], { name: "compact" });
  expect(task.name).toBe("compact");
  expect(await task.join()).toEqual([task.id, "compact"]);
  expect(task.id).toMatch(/^task_/);
  expect(spawn(() => 1).id).not.toBe(task.id);
  function tidy(): void {
    // Only its name matters.
  }
  expect([spawn(tidy).name, spawn(() => 1).name]).toEqual(["tidy", "task"]);
});

describe("a failure", () => {
  test("is a JoinError with the cause, thrown or rejected", async () => {
    const thrown = await spawn(failing, { name: "t" })
      .join()
      .catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(JoinError);
    expect(thrown).toMatchObject({
      kind: "failed",
      code: "TASK_FAILED",
      task: "t",
      cause: new RangeError("no such shard"),
    });
    const task = spawn(() => Promise.reject(new RangeError("r")));
    await expect(task.join()).rejects.toMatchObject({ kind: "failed", id: task.id });
  });

  test("that nobody joins is reported, once", async () => {
    using time = virtualTime();
    spawn(failing, { name: "compact" });
    await time.settle();
    await time.settle();
    expect(time.failures).toEqual([{ error: new RangeError("no such shard"), task: "compact" }]);
  });

  test("that is joined before or within a turn is not", async () => {
    using time = virtualTime();
    const before = spawn(failing);
    const early = before.join().catch(() => "caught");
    const after = spawn(failing);
    await Promise.resolve();
    await Promise.resolve();
    const late = after.join().catch(() => "caught");
    expect(await Promise.all([early, late])).toEqual(["caught", "caught"]);
    await time.settle();
    expect(time.failures).toEqual([]);
  });

  test("never becomes an unhandled rejection", async () => {
    using time = virtualTime();
    const seen: unknown[] = [];
    const listener = (reason: unknown): void => void seen.push(reason);
    process.on("unhandledRejection", listener);
    spawn(() => Promise.reject(new Error("detached")));
    await time.settle();
    await systemRuntime().sleep(1);
    process.off("unhandledRejection", listener);
    expect(seen).toEqual([]);
    expect(time.failures).toHaveLength(1);
  });
});

describe("an abort", () => {
  test("before the start keeps it from starting", async () => {
    let ran = false;
    const task = spawn(() => (ran = true));
    task.abort("changed my mind");
    await expect(task.join()).rejects.toMatchObject({
      kind: "cancelled",
      code: "TASK_CANCELLED",
      cause: "changed my mind",
    });
    expect(ran).toBe(false);
  });

  test("aborts the signal, whenever that is read", async () => {
    using time = virtualTime();
    const reasons: unknown[] = [];
    const early = spawn(({ signal }) => sleep("1h", { signal }));
    const late = spawn(async (context) => {
      await sleep(10);
      reasons.push(context.signal.reason);
      context.signal.throwIfAborted();
    });
    await Promise.resolve();
    early.abort();
    late.abort("late");
    late.abort("later");
    const outcomes = Promise.allSettled([early.join(), late.join()]);
    await time.advance(10);
    const [one, two] = await outcomes;
    expect(one).toMatchObject({ reason: { kind: "cancelled" } });
    expect(one.status === "rejected" && (one.reason as JoinError).cause).toBeInstanceOf(CancelledError);
    expect(two).toMatchObject({ reason: { kind: "cancelled", cause: "late" } });
    expect(reasons).toEqual(["late"]);
    await time.runUntilIdle(0);
    expect(time.failures).toEqual([]);
  });

  test("does not undo a result, and does not hide a failure", async () => {
    using time = virtualTime();
    const stubborn = spawn(() => sleep(10).then(() => "still done"));
    const broken = spawn(() => sleep(10).then(failing));
    await Promise.resolve();
    stubborn.abort();
    broken.abort();
    const outcomes = Promise.allSettled([stubborn.join(), broken.join()]);
    await time.advance(10);
    expect(await outcomes).toMatchObject([{ value: "still done" }, { reason: { kind: "failed" } }]);
    stubborn.abort();
    expect(await stubborn.join()).toBe("still done");
  });

  test("comes from the signal it was spawned with, too", async () => {
    const controller = new AbortController();
    const task = spawn(({ signal }) => sleep("1h", { signal }), { signal: controller.signal });
    await Promise.resolve();
    controller.abort("all stop");
    await expect(task.join()).rejects.toMatchObject({ kind: "cancelled", cause: "all stop" });
    const unborn = spawn(failing, { signal: controller.signal });
    await expect(unborn.join()).rejects.toMatchObject({ kind: "cancelled", cause: "all stop" });
  });

  test("comes from disposing it", async () => {
    using time = virtualTime();
    const log: string[] = [];
    const idle =
      (name: string) =>
      async ({ signal }: { readonly signal: AbortSignal }) => {
        await sleep("1h", { signal }).catch(() => undefined);
        await sleep(5);
        log.push(name);
      };
    {
      using _task = spawn(idle("sync"));
      await Promise.resolve();
    }
    const awaited = (async () => {
      await using _task = spawn(idle("async"));
      await Promise.resolve();
    })().then(() => log.push("disposed"));
    await time.settle();
    expect(log).toEqual([]);
    await time.advance(5);
    await awaited;
    expect(log).toEqual(["sync", "async", "disposed"]);
  });

  test("of a join ends the wait, not the task", async () => {
    using time = virtualTime();
    const task = spawn(() => sleep(10).then(() => 1));
    const controller = new AbortController();
    const gone = task.join({ signal: controller.signal });
    const late = task.join({ timeout: 5 }).catch((error: unknown) => error);
    controller.abort("left");
    await expect(gone).rejects.toBe("left");
    await time.advance(10);
    expect(await late).toBeInstanceOf(TimeoutError);
    expect(await task.join()).toBe(1);
  });
});

test("disposing a task that failed does not hide the failure", async () => {
  using time = virtualTime();
  {
    await using _task = spawn(failing);
    await Promise.resolve();
  }
  await time.settle();
  expect(time.failures).toHaveLength(1);
});

test("it is a branch that ends with the task", async () => {
  const task = spawn(() => "v");
  const source = task["~source"];
  expect(source.poll()).toBe(PENDING);
  const branch = armed(source);
  const gone = armed(source);
  source.disarm(gone.waiter);
  await Promise.resolve();
  expect([branch.values, gone.values, source.poll()]).toEqual([["v"], [], "v"]);
  const broken = spawn(failing);
  const failed = armed(broken["~source"]);
  broken["~source"].poll();
  await Promise.resolve();
  expect(failed.errors).toMatchObject([{ kind: "failed" }]);
  expect(() => broken["~source"].poll()).toThrow(JoinError);
});
