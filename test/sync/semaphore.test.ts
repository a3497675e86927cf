import { describe, expect, test } from "vitest";
import { select } from "keelson/channels";
import { DISABLED, PENDING, TimeoutError } from "keelson/core";
import { Semaphore, SemaphoreClosedError } from "keelson/sync";
import { virtualTime } from "keelson/testing";
import { armed } from "../support/armed.js";
import { settled } from "../support/settled.js";

describe("permits", () => {
  test("are taken and given back", async () => {
    const semaphore = new Semaphore(3);
    const two = await semaphore.acquire(2);
    expect(semaphore.availablePermits).toBe(1);
    expect(two.count).toBe(2);
    expect(two.semaphore).toBe(semaphore);
    two.release();
    two.release();
    expect(semaphore.availablePermits).toBe(3);
    expect(two.count).toBe(0);
  });

  test("are disposable", async () => {
    const semaphore = new Semaphore(1);
    {
      using _permit = await semaphore.acquire();
      expect(semaphore.tryAcquire()).toBeUndefined();
    }
    expect(semaphore.tryAcquire()?.count).toBe(1);
  });

  test("can be none at all", async () => {
    const semaphore = new Semaphore(0);
    expect((await semaphore.acquire(0)).count).toBe(0);
    expect(semaphore.tryAcquire(0)?.count).toBe(0);
    const queued = semaphore.acquire();
    expect((await semaphore.acquire(0)).count).toBe(0);
    expect(semaphore.tryAcquire(0)?.count).toBe(0);
    semaphore.close();
    await expect(queued).rejects.toThrow(SemaphoreClosedError);
    expect(semaphore.tryAcquire(0)).toBeUndefined();
  });

  test("forget makes the semaphore smaller", async () => {
    const semaphore = new Semaphore(2);
    (await semaphore.acquire()).forget();
    expect(semaphore.availablePermits).toBe(1);
    expect(semaphore.forgetPermits(5)).toBe(1);
    expect(semaphore.forgetPermits(5)).toBe(0);
    expect(semaphore.tryAcquire()).toBeUndefined();
  });

  test("merge and split keep their sum", async () => {
    const semaphore = new Semaphore(5);
    const one = await semaphore.acquire(3);
    const other = await semaphore.acquire(2);
    one.merge(other);
    expect([one.count, other.count]).toEqual([5, 0]);
    other.release();
    expect(semaphore.availablePermits).toBe(0);
    const part = one.split(4);
    expect([one.count, part?.count]).toEqual([1, 4]);
    expect(one.split(2)).toBeUndefined();
    part?.release();
    expect(semaphore.availablePermits).toBe(4);
    expect(() => one.split(-1)).toThrow(RangeError);
    expect(() => {
      one.merge(one);
    }).toThrow(TypeError);
    expect(() => {
      one.merge(new Semaphore(1).tryAcquire() ?? one);
    }).toThrow(TypeError);
    expect(() => {
      one.merge(undefined as never);
    }).toThrow("Expected `other` to be another permit of the same semaphore");
  });

  test("added ones go to who waits, the rest stays", async () => {
    const semaphore = new Semaphore(0);
    const waiting = semaphore.acquire(2);
    semaphore.addPermits(1);
    expect(semaphore.availablePermits).toBe(0);
    semaphore.addPermits(3);
    expect((await waiting).count).toBe(2);
    expect(semaphore.availablePermits).toBe(2);
    expect(() => {
      semaphore.addPermits(Number.MAX_SAFE_INTEGER);
    }).toThrow(RangeError);
  });
});

describe("the queue", () => {
  test("is first come, first served", async () => {
    const semaphore = new Semaphore(1);
    const order: number[] = [];
    const use = async (id: number): Promise<void> => {
      using _permit = await semaphore.acquire();
      order.push(id);
      await Promise.resolve();
    };
    await Promise.all([0, 1, 2, 3, 4].map(use));
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  test("nobody barges past who waits", async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const waiting = semaphore.acquire();
    held.release();
    expect(semaphore.tryAcquire()).toBeUndefined();
    const later = semaphore.acquire();
    (await waiting).release();
    expect((await later).count).toBe(1);
  });

  test("a big request gathers and does not starve", async () => {
    const semaphore = new Semaphore(2);
    const [one, two] = [await semaphore.acquire(), await semaphore.acquire()];
    const big = semaphore.acquire(2);
    const small = semaphore.acquire(1);
    one.release();
    expect(await settled(small)).toBe(false);
    expect(await settled(big)).toBe(false);
    two.release();
    const permit = await big;
    expect(await settled(small)).toBe(false);
    permit.release();
    expect((await small).count).toBe(1);
  });

  test("an abort returns what was gathered, to the next", async () => {
    const semaphore = new Semaphore(2);
    const held = await semaphore.acquire(1);
    const controller = new AbortController();
    const big = semaphore.acquire(3, { signal: controller.signal });
    const small = semaphore.acquire(1);
    expect(semaphore.availablePermits).toBe(0);
    controller.abort("changed my mind");
    await expect(big).rejects.toBe("changed my mind");
    expect((await small).count).toBe(1);
    held.release();
    expect(semaphore.availablePermits).toBe(1);
  });

  test("an abort after the permit was granted does nothing", async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const controller = new AbortController();
    const waiting = semaphore.acquire(1, { signal: controller.signal });
    held.release();
    controller.abort();
    expect((await waiting).count).toBe(1);
  });

  test("a deadline gives up the place", async () => {
    using time = virtualTime();
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const late = semaphore.acquire(1, { timeout: 10 }).catch((error: unknown) => error);
    const next = semaphore.acquire();
    await time.advance(10);
    expect(await late).toBeInstanceOf(TimeoutError);
    held.release();
    expect((await next).count).toBe(1);
    await time.runUntilIdle(0);
  });
});

describe("closing", () => {
  test("fails those who wait and who come, and keeps what was granted usable", async () => {
    const semaphore = new Semaphore(1);
    const held = await semaphore.acquire();
    const waiting = semaphore.acquire(2).catch((error: unknown) => error);
    expect(semaphore.isClosed).toBe(false);
    semaphore.close();
    semaphore.close();
    expect(await waiting).toBeInstanceOf(SemaphoreClosedError);
    expect(semaphore.isClosed).toBe(true);
    await expect(semaphore.acquire()).rejects.toMatchObject({ code: "SEMAPHORE_CLOSED" });
    held.release();
    semaphore.addPermits(1);
    expect(semaphore.availablePermits).toBe(2);
    expect(semaphore.tryAcquire()).toBeUndefined();
  });

  test("returns what a waiter had gathered", () => {
    const semaphore = new Semaphore(2);
    const waiting = semaphore.acquire(5).catch(() => undefined);
    expect(semaphore.availablePermits).toBe(0);
    semaphore.close();
    expect(semaphore.availablePermits).toBe(2);
    return waiting;
  });
});

describe("as a branch", () => {
  test("it takes permits when it is polled, or is armed", () => {
    const semaphore = new Semaphore(2);
    const source = semaphore.permits(2)["~source"];
    const permit = source.poll();
    expect(permit).toMatchObject({ count: 2 });
    expect(source.poll()).toBe(PENDING);
    const waiter = armed(source);
    if (typeof permit === "object") permit.release();
    expect(waiter.values).toMatchObject([{ count: 2 }]);
    const gone = armed(source);
    source.disarm(gone.waiter);
    semaphore.addPermits(5);
    expect(gone.values).toEqual([]);
    expect(semaphore.availablePermits).toBe(5);
  });

  test("it is disabled by closing", () => {
    const semaphore = new Semaphore(0);
    const source = semaphore.permits()["~source"];
    const waiter = armed(source);
    semaphore.close();
    expect(waiter.isDisabled()).toBe(true);
    expect(source.poll()).toBe(DISABLED);
  });
});

test("counts are checked at the door", async () => {
  expect(() => new Semaphore(-1)).toThrow(RangeError);
  expect(() => new Semaphore(1.5)).toThrow("`permits`");
  const semaphore = new Semaphore(1);
  expect(() => semaphore.tryAcquire(-1)).toThrow(RangeError);
  await expect(semaphore.acquire(0.5)).rejects.toThrow("Expected `count` to be an integer of at least 0, got `0.5`");
  expect(() => semaphore.permits(-1)).toThrow(RangeError);
  expect(() => semaphore.forgetPermits(-1)).toThrow(RangeError);
});

test("permits for many selects that each wait for some twice are given without deep recursion", async () => {
  const semaphore = new Semaphore(0);
  const count = 20_000;
  const selects = Array.from({ length: count }, () =>
    select({ one: semaphore.permits(1), two: semaphore.permits(2) }, { order: "biased" }),
  );
  semaphore.addPermits(count);
  const keys = new Set((await Promise.all(selects)).map(({ key }) => key));
  expect([[...keys], semaphore.availablePermits]).toEqual([["one"], 0]);
});
