import { describe, expect, test } from "vitest";
import { virtualTime } from "keelson/testing";
import { deferred } from "../../src/core/deferred.js";
import { Latch } from "../../src/core/latch.js";
import { PENDING } from "../../src/core/selectable.js";
import { Operation, isAbortOf } from "../../src/core/operation.js";
import { armed } from "../support/armed.js";

describe("an operation", () => {
  test("ends with its function, at once when that is synchronous", async () => {
    using time = virtualTime();
    const sync = new Operation(time.runtime, "t", () => 1);
    expect([sync.isRunning, sync.isGivenUp, await sync.promise]).toEqual([false, false, 1]);
    const async = new Operation(time.runtime, "t", () => Promise.resolve(2));
    expect([async.isRunning, await async.promise]).toEqual([true, 2]);
    sync.giveUp("no");
    expect(await sync.promise).toBe(1);
  });

  test("given up, it rejects at once, aborts its signal, and keeps quiet about the abort come back", async () => {
    using time = virtualTime();
    const { promise, reject } = deferred<never>();
    const operation = new Operation(time.runtime, "t", () => promise);
    operation.giveUp("enough");
    operation.giveUp("again");
    await expect(operation.promise).rejects.toBe("enough");
    expect([operation.isGivenUp, operation.signal.reason]).toEqual([true, "enough"]);
    reject("enough");
    await time.settle();
    expect(time.failures).toEqual([]);
  });

  test("its parent's abort gives it up, but not once it has ended", async () => {
    using time = virtualTime();
    const parent = new AbortController();
    const done = new Operation(time.runtime, "t", () => 1, parent.signal);
    const running = new Operation(time.runtime, "t", () => new Promise(() => undefined), parent.signal);
    parent.abort("stop");
    await expect(running.promise).rejects.toBe("stop");
    expect([await done.promise, done.signal.aborted]).toEqual([1, false]);
  });
});

test("what counts as an abort come back", () => {
  const reason = new Error("reason");
  expect(isAbortOf(reason, reason)).toBe(true);
  expect(isAbortOf(new Error("wrapped", { cause: reason }), reason)).toBe(true);
  expect(isAbortOf(new DOMException("aborted", "AbortError"), reason)).toBe(true);
  expect(isAbortOf(new Error("other"), reason)).toBe(false);
  expect(isAbortOf(new Error("no cause"), undefined)).toBe(false);
  expect(isAbortOf("text", "text")).toBe(true);
});

test("a latch ends all waits together, or tells them that they are in vain", () => {
  const latch = new Latch<string>(() => PENDING);
  const [one, two, gone] = [armed(latch), armed(latch), armed(latch)];
  latch.disarm(gone.waiter);
  latch.open("v");
  expect([one.values, two.values, gone.values, latch.poll()]).toEqual([["v"], ["v"], [], PENDING]);
});
