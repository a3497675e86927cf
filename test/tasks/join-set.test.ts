import { describe, expect, test } from "vitest";
import { DISABLED, PENDING } from "keelson/core";
import { JoinError, JoinMap, JoinQueue, JoinSet } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";
import { armed } from "../support/armed.js";

const after = (ms: number) => () => sleep(ms).then(() => ms);
const idle = ({ signal }: { readonly signal: AbortSignal }) => sleep("1h", { signal }).then(() => -1);
const failing = () => Promise.reject(new RangeError("no"));

describe("JoinSet", () => {
  test("gives results in the order in which tasks end", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const set = new JoinSet<number>();
    const slow = set.spawn(after(20));
    set.spawn(after(10));
    expect([set.length, set.isEmpty]).toEqual([2, false]);
    expect(await set.joinNext()).toMatchObject({ ok: true, value: 10 });
    expect(await set.joinNext()).toEqual({ ok: true, value: 20, id: slow.id });
    expect(await set.joinNext()).toEqual({ ok: false, reason: "empty" });
    expect(set.isEmpty).toBe(true);
  });

  test("tells of failures and cancellations without throwing, and reports none", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    set.spawn(failing);
    const cancelled = set.spawn(idle);
    cancelled.abort();
    const ends = [await set.joinNext(), await set.joinNext()];
    expect(ends.map((end) => !end.ok && end.reason).sort()).toEqual(["cancelled", "failed"]);
    expect(ends.every((end) => !end.ok && "error" in end && end.error instanceof JoinError)).toBe(true);
    await time.settle();
    expect(time.failures).toEqual([]);
  });

  test("tryJoinNext tells pending from empty", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    expect(set.tryJoinNext()).toEqual({ ok: false, reason: "empty" });
    set.spawn(after(10));
    expect(set.tryJoinNext()).toEqual({ ok: false, reason: "pending" });
    await time.advance(10);
    expect(set.tryJoinNext()).toMatchObject({ ok: true, value: 10 });
  });

  test("waits are served in order, the rest end empty", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    set.spawn(after(10));
    const both = Promise.all([set.joinNext(), set.joinNext()]);
    await time.advance(10);
    expect(await both).toMatchObject([{ ok: true, value: 10 }, { reason: "empty" }]);
  });

  test("an aborted wait takes nothing", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    set.spawn(after(10));
    const controller = new AbortController();
    const gone = set.joinNext({ signal: controller.signal });
    controller.abort("left");
    await expect(gone).rejects.toBe("left");
    await time.advance(10);
    expect(await set.joinNext()).toMatchObject({ value: 10 });
  });

  test("joinAll takes all, or fails with the first and waits for the rest", async () => {
    using time = virtualTime({ autoAdvance: true });
    const set = new JoinSet<number>();
    for (const ms of [30, 10, 20]) set.spawn(after(ms));
    expect(await set.joinAll()).toEqual([10, 20, 30]);
    let wasWound = false;
    set.spawn(async ({ signal }) => {
      await sleep("1h", { signal }).catch(() => undefined);
      await sleep(5);
      wasWound = true;
      return 0;
    });
    set.spawn(failing);
    await expect(set.joinAll()).rejects.toMatchObject({ kind: "failed", cause: new RangeError("no") });
    expect([wasWound, set.length, time.failures.length]).toEqual([true, 0, 0]);
  });

  test("shutdown aborts and waits; disposing aborts and lets go", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    set.spawn(idle);
    set.spawn(after(10));
    const waiting = set.joinNext();
    await time.settle();
    const down = set.shutdown();
    await time.advance(10);
    await down;
    expect(set.length).toBe(0);
    expect(await waiting).toMatchObject({ reason: "cancelled" });
    await time.runUntilIdle(0);
    const task = set.spawn(idle);
    set[Symbol.dispose]();
    expect(set.isEmpty).toBe(true);
    await expect(task.join()).rejects.toMatchObject({ kind: "cancelled" });
    {
      await using other = new JoinSet<number>();
      other.spawn(idle);
      await time.settle();
    }
    await time.runUntilIdle(0);
  });

  test("giving up on a shutdown leaves the tasks aborted, and to be joined", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    const slow = set.spawn(() => sleep(20).then(() => 1));
    await time.settle();
    const late = set.shutdown({ timeout: 10 }).catch((error: unknown) => error);
    await time.advance(10);
    expect(await late).toMatchObject({ code: "TIMEOUT" });
    expect([set.length, slow.isFinished]).toEqual([1, false]);
    await time.advance(10);
    expect(await set.joinNext()).toMatchObject({ ok: true, value: 1 });
  });

  test("a timeout is for all tasks together, not for each of them", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const set = new JoinSet<void>();
    const stubborn = (): void => {
      for (const ms of [8, 16, 24]) set.spawn(() => sleep(ms));
    };
    stubborn();
    await expect(set.joinAll({ timeout: 10 })).rejects.toMatchObject({ code: "TIMEOUT", timeoutMs: 10 });
    stubborn();
    await sleep(1);
    await expect(set.shutdown({ timeout: 10 })).rejects.toMatchObject({ code: "TIMEOUT", timeoutMs: 10 });
    expect(set.length).toBe(4);
  });

  test("a timeout also ends joinAll's wait for the rest", async () => {
    using time = virtualTime({ autoAdvance: true });
    for (const tasks of [new JoinSet<number>(), new JoinQueue<number>()]) {
      tasks.spawn(failing, { name: "compact" });
      const stubborn = tasks.spawn(after(50));
      await sleep(1);
      await expect(tasks.joinAll({ timeout: 10 })).rejects.toMatchObject({ code: "TIMEOUT", timeoutMs: 10 });
      expect([stubborn.isFinished, tasks.length]).toEqual([false, 1]);
    }
    const failure = { error: new RangeError("no"), task: "compact" };
    expect(time.failures).toEqual([failure, failure]);
  });

  test("abortAll leaves the ends to be taken", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    set.spawn(idle);
    set.spawn(idle);
    await time.settle();
    set.abortAll("enough");
    expect(await set.joinNext()).toMatchObject({ reason: "cancelled", error: { cause: "enough" } });
    expect(set.length).toBe(1);
  });

  test("detached tasks run on, and their failures are reported", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    set.spawn(() => sleep(10).then(failing), { name: "later" });
    set.spawn(failing, { name: "already" });
    const ended = set.spawn(() => 1);
    await time.settle();
    const waiting = set.joinNext();
    const second = set.joinNext();
    await waiting;
    set.detachAll();
    expect(await second).toBeDefined();
    expect(set.isEmpty).toBe(true);
    await time.advance(20);
    await time.settle();
    expect(time.failures.map(({ task }) => task)).toContain("later");
    expect(await ended.join()).toBe(1);
  });

  test("it is a branch, disabled while empty", async () => {
    using time = virtualTime();
    const set = new JoinSet<number>();
    const source = set["~source"];
    expect(source.poll()).toBe(DISABLED);
    set.spawn(after(10));
    expect(source.poll()).toBe(PENDING);
    const gone = armed(source);
    source.disarm(gone.waiter);
    const first = armed(source);
    const second = armed(source);
    await time.advance(10);
    expect(first.values).toMatchObject([{ ok: true, value: 10 }]);
    expect([gone.values, second.values, second.isDisabled()]).toEqual([[], [], true]);
  });

  test("iterating ends when it is empty", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const set = new JoinSet<number>();
    set.spawn(after(2));
    set.spawn(after(1));
    const values: number[] = [];
    for await (const end of set) if (end.ok) values.push(end.value);
    expect(values).toEqual([1, 2]);
  });
});

describe("JoinQueue", () => {
  test("gives results in the order in which tasks were spawned", async () => {
    using time = virtualTime();
    const queue = new JoinQueue<number>();
    queue.spawn(after(20));
    queue.spawn(after(10));
    await time.advance(15);
    expect([queue.tryJoinNext(), queue.length]).toEqual([{ ok: false, reason: "pending" }, 2]);
    const waiting = Promise.all([queue.joinNext(), queue.joinNext(), queue.joinNext()]);
    await time.advance(5);
    expect(await waiting).toMatchObject([{ value: 20 }, { value: 10 }, { reason: "empty" }]);
    expect([queue.tryJoinNext(), queue.isEmpty]).toEqual([{ ok: false, reason: "empty" }, true]);
  });

  test("joinAll, iteration, abortAll and shutdown work as in a set", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const queue = new JoinQueue<number>();
    for (const ms of [3, 1, 2]) queue.spawn(after(ms));
    expect(await queue.joinAll()).toEqual([3, 1, 2]);
    queue.spawn(idle);
    queue.spawn(failing);
    queue.abortAll();
    await expect(queue.joinAll()).rejects.toMatchObject({ kind: "cancelled" });
    for (const ms of [2, 1]) queue.spawn(after(ms));
    const values: number[] = [];
    for await (const end of queue) if (end.ok) values.push(end.value);
    expect(values).toEqual([2, 1]);
    const source = queue["~source"];
    expect(source.poll()).toBe(DISABLED);
    {
      await using other = new JoinQueue<number>();
      other.spawn(idle);
    }
    const task = queue.spawn(idle);
    queue[Symbol.dispose]();
    await expect(task.join()).rejects.toMatchObject({ kind: "cancelled" });
  });
});

describe("JoinMap", () => {
  test("names the key, and a new task of a key replaces the old one for good", async () => {
    using time = virtualTime();
    const map = new JoinMap<string, number>();
    const old = map.spawn("a", idle);
    map.spawn("b", after(10));
    await time.settle();
    map.spawn("a", after(20));
    expect([[...map.keys()], map.length, map.has("a"), map.has("c")]).toEqual([["a", "b"], 2, true, false]);
    await expect(old.join()).rejects.toMatchObject({ kind: "cancelled" });
    const ends = Promise.all([map.joinNext(), map.joinNext(), map.joinNext()]);
    await time.advance(20);
    expect(await ends).toMatchObject([{ key: "b", value: 10 }, { key: "a", value: 20 }, { reason: "empty" }]);
    expect(map.isEmpty).toBe(true);
  });

  test("knows its tasks, until they are taken or replaced", async () => {
    const map = new JoinMap<string | undefined, number>();
    const first = map.spawn("a", idle);
    const second = map.spawn(undefined, () => 2);
    const foreign = new JoinMap<string, number>().spawn("a", () => 3);
    expect([first, second, foreign].map((task) => map.hasTask(task))).toEqual([true, true, false]);
    const third = map.spawn("a", () => 1);
    expect([map.hasTask(first), map.hasTask(third)]).toEqual([false, true]);
    for await (const end of map) expect(end.ok).toBe(true);
    expect([second, third].map((task) => map.hasTask(task))).toEqual([false, false]);
  });

  test("an ended result is never reported once replaced", async () => {
    const map = new JoinMap<string, number>();
    map.spawn("a", () => 1);
    await Promise.resolve();
    map.spawn("a", () => 2);
    expect(map.tryJoinNext()).toEqual({ ok: false, reason: "pending" });
    expect(await map.joinNext()).toMatchObject({ key: "a", value: 2 });
    expect(map.tryJoinNext()).toEqual({ ok: false, reason: "empty" });
  });

  test("aborts by no predicate are refused by name", () => {
    expect(() => {
      new JoinMap().abortMatching(undefined as never);
    }).toThrow("Expected `matches` to be a function, got `undefined`");
  });

  test("aborts by key and by predicate", async () => {
    using time = virtualTime();
    const map = new JoinMap<number, number>();
    for (const key of [1, 2, 3, 4]) map.spawn(key, idle);
    await time.settle();
    expect([map.abort(1), map.abort(9)]).toEqual([true, false]);
    map.abortMatching((key) => key % 2 === 0, "even");
    const ends = [await map.joinNext(), await map.joinNext(), await map.joinNext()];
    expect(ends.map((end) => "key" in end && end.key)).toEqual([1, 2, 4]);
    expect(ends[1]).toMatchObject({ error: { cause: "even" } });
    map.abortAll();
    const rest: number[] = [];
    for await (const { key } of map) rest.push(key);
    expect(rest).toEqual([3]);
    expect(map["~source"].poll()).toBe(DISABLED);
  });

  test("a shutdown that is given up on leaves only the keys of tasks that have not ended", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const map = new JoinMap<string, void>();
    map.spawn("quick", () => sleep(5));
    map.spawn("slow", () => sleep(50));
    await sleep(1);
    await expect(map.shutdown({ timeout: 10 })).rejects.toMatchObject({ code: "TIMEOUT", timeoutMs: 10 });
    expect([[...map.keys()], map.length]).toEqual([["slow"], 1]);
  });

  test("shutdown and disposing leave nothing", async () => {
    using time = virtualTime();
    const map = new JoinMap<string, number>();
    map.spawn("a", idle);
    await map.shutdown();
    expect([map.isEmpty, map.has("a")]).toEqual([true, false]);
    const task = map.spawn("b", idle);
    map[Symbol.dispose]();
    expect(map.isEmpty).toBe(true);
    await expect(task.join()).rejects.toMatchObject({ kind: "cancelled" });
    {
      await using other = new JoinMap<string, number>();
      other.spawn("c", idle);
    }
    await time.runUntilIdle(0);
  });
});
