import { describe, expect, test } from "vitest";
import { type OperationContext, PENDING, TimeoutError } from "keelson/core";
import { OnceCell, SetOnce } from "keelson/sync";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";
import { armed } from "../support/armed.js";

describe("SetOnce", () => {
  test("is set once and wakes all who wait", async () => {
    const once = new SetOnce<string>();
    const source = once["~source"];
    expect([once.isInitialized, once.get(), source.poll()]).toEqual([false, undefined, PENDING]);
    const both = Promise.all([once.wait(), once.wait()]);
    const branch = armed(source);
    const gone = armed(source);
    source.disarm(gone.waiter);
    expect(once.set("a")).toBe(true);
    expect(once.set("b")).toBe(false);
    expect(await both).toEqual(["a", "a"]);
    expect([branch.values, gone.values]).toEqual([["a"], []]);
    expect([once.isInitialized, once.get(), await once.wait(), source.poll()]).toEqual([true, "a", "a", "a"]);
  });

  test("undefined is a value", async () => {
    const once = new SetOnce<undefined>();
    expect(once.set(undefined)).toBe(true);
    expect(once.set(undefined)).toBe(false);
    await once.wait({ timeout: 0 });
  });

  test("may have its value from the start", async () => {
    const once = new SetOnce({ value: "a" });
    expect([once.isInitialized, once.get(), once.set("b"), await once.wait()]).toEqual([true, "a", false, "a"]);
    expect(new SetOnce({ value: undefined }).isInitialized).toBe(false);
  });
});

describe("OnceCell", () => {
  test("makes the value once, for all", async () => {
    const cell = new OnceCell<number>();
    let calls = 0;
    const make = async (): Promise<number> => {
      calls += 1;
      await Promise.resolve();
      return 7;
    };
    expect(await Promise.all([cell.getOrInit(make), cell.getOrInit(make)])).toEqual([7, 7]);
    expect(await cell.getOrInit(make)).toBe(7);
    expect([calls, cell.get(), cell.isInitialized]).toEqual([1, 7, true]);
  });

  test("a failed initializer hands over to the next", async () => {
    const cell = new OnceCell<string>();
    const first = cell.getOrInit(() => Promise.reject(new RangeError("no")));
    const second = cell.getOrInit((): never => {
      throw new RangeError("nor this");
    });
    const third = cell.getOrInit(() => "third");
    const fourth = cell.getOrInit(() => "fourth");
    const outcomes = await Promise.allSettled([first, second, third, fourth]);
    expect(outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : "failed"))).toEqual([
      "failed",
      "failed",
      "third",
      "third",
    ]);
  });

  test("a caller that leaves as its turn comes has its initializer not run", async () => {
    for (let hops = 0; hops < 12; hops += 1) {
      const cell = new OnceCell<string>();
      const leaving = new AbortController();
      const startedTooLate: boolean[] = [];
      const first = cell.getOrInit(async () => {
        void (async () => {
          for (let hop = 0; hop < hops; hop += 1) await Promise.resolve();
          leaving.abort("left");
        })();
        return Promise.reject<string>(new Error("broken"));
      });
      const initialize = (context: OperationContext): string => {
        startedTooLate.push(context.signal.aborted);
        return "second";
      };
      const second = cell.getOrInit(initialize, { signal: leaving.signal });
      const third = cell.getOrInit(() => "third");
      await Promise.allSettled([first, second]);
      expect([await third, startedTooLate]).toEqual(startedTooLate.length === 0 ? ["third", []] : ["second", [false]]);
    }
  });

  test("an aborted caller lets the next begin when its initializer has ended, not before", async () => {
    using time = virtualTime();
    const cell = new OnceCell<string>();
    const controller = new AbortController();
    const log: string[] = [];
    const slow = async ({ signal }: { readonly signal: AbortSignal }): Promise<string> => {
      log.push("slow begins");
      try {
        await sleep("1h", { signal });
      } finally {
        await sleep(10);
        log.push("slow ends");
      }
      return "slow";
    };
    const gone = cell.getOrInit(slow, { signal: controller.signal });
    const next = cell.getOrInit(() => {
      log.push("next begins");
      return "next";
    });
    controller.abort("gone");
    await expect(gone).rejects.toBe("gone");
    expect(log).toEqual(["slow begins"]);
    await time.advance(10);
    expect(await next).toBe("next");
    expect(log).toEqual(["slow begins", "slow ends", "next begins"]);
    expect(time.failures).toEqual([]);
  });

  test("an initializer that aborts its caller's signal itself ends that wait, too", async () => {
    using _time = virtualTime();
    const cell = new OnceCell<string>();
    const controller = new AbortController();
    const stop = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
      controller.abort("stop");
      return sleep("1h", { signal }).then(() => Promise.reject(new Error("never")));
    };
    await expect(cell.getOrInit(stop, { signal: controller.signal, timeout: 10 })).rejects.toBe("stop");
    expect(await cell.getOrInit(() => "next")).toBe("next");
  });

  test("what an abandoned initializer makes nonetheless is kept; its own failure is reported", async () => {
    using time = virtualTime();
    const cell = new OnceCell<string>();
    const gone = cell.getOrInit(() => sleep(50).then(() => "made"), { timeout: 10 }).catch((error: unknown) => error);
    const next = cell.getOrInit(() => "never made");
    await time.advance(10);
    expect(await gone).toBeInstanceOf(TimeoutError);
    await time.advance(40);
    expect(await next).toBe("made");
    const failing = new OnceCell<string>();
    const late = failing
      .getOrInit(() => sleep(50).then(() => Promise.reject(new Error("late"))), { timeout: 10 })
      .catch(() => undefined);
    await time.advance(60);
    await late;
    expect(time.failures).toEqual([{ error: new Error("late"), task: "OnceCell.getOrInit" }]);
  });

  test("the signal of an initializer aborts with the deadline", async () => {
    using time = virtualTime();
    const cell = new OnceCell<string>();
    let inner: AbortSignal | undefined;
    const gone = cell
      .getOrInit(
        (context) => {
          inner = context.signal;
          return sleep("1h", context).then(() => "never");
        },
        { timeout: 10 },
      )
      .catch((error: unknown) => error);
    await time.advance(10);
    await gone;
    expect(inner?.reason).toBeInstanceOf(TimeoutError);
    expect(await cell.getOrInit(() => "next")).toBe("next");
  });

  test("a caller that waits for another's initializer may leave", async () => {
    using time = virtualTime();
    const cell = new OnceCell<string>();
    const first = cell.getOrInit(() => sleep(10).then(() => "first"));
    const gone = cell.getOrInit(() => "second", { signal: AbortSignal.abort("early") });
    const late = cell.getOrInit(() => "third", { timeout: 5 }).catch((error: unknown) => error);
    await expect(gone).rejects.toBe("early");
    await time.advance(10);
    expect(await late).toBeInstanceOf(TimeoutError);
    expect(await first).toBe("first");
  });

  test("an initializer that asks for its own value is told so", async () => {
    const cell = new OnceCell<number>();
    const recursive = (): Promise<number> => cell.getOrInit(recursive);
    await expect(cell.getOrInit(recursive)).rejects.toThrow("its own value");
    expect(await cell.getOrInit(() => 1)).toBe(1);
  });

  test("no initializer is refused by name, and leaves the cell as it was", async () => {
    const cell = new OnceCell<number>();
    const refused = "Expected `initialize` to be a function, got `undefined`";
    await expect(cell.getOrInit(undefined as never)).rejects.toThrow(refused);
    expect(await cell.getOrInit(() => 1)).toBe(1);
    await expect(cell.getOrInit(undefined as never)).rejects.toThrow(refused);
  });

  test("set and take", async () => {
    const cell = new OnceCell<number>();
    expect(cell.take()).toBeUndefined();
    expect(cell.set(1)).toBe(true);
    expect(cell.set(2)).toBe(false);
    expect(cell.take()).toBe(1);
    const making = cell.getOrInit(() => Promise.resolve(3));
    expect(cell.set(4)).toBe(false);
    expect(await making).toBe(3);
  });

  test("may have its value from the start", async () => {
    const cell = new OnceCell({ value: 1 });
    expect([cell.isInitialized, cell.get(), cell.set(2), await cell.getOrInit(() => 3)]).toEqual([true, 1, false, 1]);
    expect(new OnceCell({ value: undefined }).isInitialized).toBe(false);
  });
});
