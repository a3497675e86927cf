import { describe, expect, test } from "vitest";
import { DISABLED, PENDING, type Source, TimeoutError, type Waiter } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { CountedList } from "../../src/core/counted-list.js";
import { wait } from "../../src/core/wait.js";
import { settled } from "../support/settled.js";

/** A source in the test's hands. */
class Hand implements Source<string> {
  ready: string | typeof PENDING | typeof DISABLED = PENDING;
  polls = 0;
  readonly parked = new CountedList<Waiter<string>>();

  poll(): string | typeof PENDING | typeof DISABLED {
    this.polls += 1;
    return this.ready;
  }

  arm(waiter: Waiter<string>): void {
    this.parked.push(waiter);
  }

  disarm(waiter: Waiter<string>): void {
    waiter.unlink();
  }

  next(): Waiter<string> {
    const waiter = this.parked.shift();
    if (waiter === undefined) throw new Error("nobody waits");
    return waiter;
  }
}

describe("at the call", () => {
  test("an aborted signal beats a ready value, which is not taken", async () => {
    using time = virtualTime();
    const hand = new Hand();
    hand.ready = "v";
    await expect(wait(time.runtime, "t", hand, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(hand.polls).toBe(0);
  });

  test("a ready value beats a timeout of 0", async () => {
    using time = virtualTime();
    const hand = new Hand();
    hand.ready = "v";
    expect(await wait(time.runtime, "t", hand, { timeout: 0 })).toBe("v");
    hand.ready = PENDING;
    await expect(wait(time.runtime, "t", hand, { timeout: 0 })).rejects.toThrow(TimeoutError);
    expect(hand.parked.length).toBe(0);
  });

  test("a source that will never be ready, or throws, rejects", async () => {
    using time = virtualTime();
    const hand = new Hand();
    hand.ready = DISABLED;
    await expect(wait(time.runtime, "Thing.wait", hand)).rejects.toThrow("Thing.wait: never ready");
    const throwing = (): never => {
      throw new RangeError("r");
    };
    await expect(wait(time.runtime, "t", { poll: throwing, arm: throwing, disarm: throwing })).rejects.toThrow(
      RangeError,
    );
    await expect(wait(time.runtime, "t", hand, { timeout: -1 })).rejects.toThrow(TypeError);
  });
});

describe("parked", () => {
  test("a commit resolves, a failure rejects, disabling rejects", async () => {
    using time = virtualTime();
    const hand = new Hand();
    const waits = [0, 1, 2].map(() => wait(time.runtime, "Thing.wait", hand));
    hand.next().commit("v");
    hand.next().fail(new RangeError("r"));
    hand.next().disable();
    const outcomes = await Promise.allSettled(waits);
    expect(outcomes).toMatchObject([
      { value: "v" },
      { reason: new RangeError("r") },
      { reason: { message: "Thing.wait: never ready" } },
    ]);
  });

  test("the first of commit, abort and deadline wins, and the others leave no trace", async () => {
    using time = virtualTime();
    for (const winner of ["commit", "abort", "deadline"]) {
      const hand = new Hand();
      const controller = new AbortController();
      const waiting = wait(time.runtime, "t", hand, { signal: controller.signal, timeout: 100 }).then(
        (value) => value,
        (error: unknown) => (error instanceof TimeoutError ? "late" : error),
      );
      const waiter = hand.parked.first;
      if (winner === "commit") hand.next().commit("v");
      if (winner === "abort") controller.abort("gone");
      if (winner === "deadline") await time.advance(100);
      controller.abort("too late");
      await time.advance(100);
      expect(await waiting).toBe({ commit: "v", abort: "gone", deadline: "late" }[winner]);
      expect([hand.parked.length, waiter?.list]).toEqual([0, undefined]);
      await time.runUntilIdle(0);
    }
  });

  test("a commit while arming counts", async () => {
    using time = virtualTime();
    const eager: Source<string> = {
      poll: () => PENDING,
      arm: (waiter) => {
        waiter.commit("at once");
      },
      disarm: () => undefined,
    };
    const controller = new AbortController();
    expect(await wait(time.runtime, "t", eager, { signal: controller.signal, timeout: 5 })).toBe("at once");
    await time.runUntilIdle(0);
  });

  test("an abort in the tick of the commit changes nothing", async () => {
    using time = virtualTime();
    const hand = new Hand();
    const controller = new AbortController();
    const waiting = wait(time.runtime, "t", hand, { signal: controller.signal });
    hand.next().commit("v");
    controller.abort();
    expect(await waiting).toBe("v");
  });

  test("it stays pending until something happens", async () => {
    using time = virtualTime();
    expect(await settled(wait(time.runtime, "t", new Hand()))).toBe(false);
  });
});

test("a signal that is none is refused, and nothing waits then", async () => {
  using time = virtualTime();
  const source = new Hand();
  const signal = new AbortController() as unknown as AbortSignal;
  await expect(wait(time.runtime, "hand", source, { signal })).rejects.toThrow(TypeError);
  expect([source.polls, source.parked.length]).toEqual([0, 0]);
});
