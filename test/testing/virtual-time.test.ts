import { describe, expect, test } from "vitest";
import { mpsc } from "keelson/channels";
import { currentRuntime, systemRuntime } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { interval, sleep } from "keelson/time";

describe("a clock that stands still", () => {
  test("moves by what it is told, and fires each timer at its instant, in order", async () => {
    using time = virtualTime();
    const runtime = currentRuntime();
    const fired: [name: string, at: number][] = [];
    for (const [name, ms] of [
      ["c", 30],
      ["a", 10],
      ["b", 10],
      ["d", 31],
    ] as const) {
      runtime.timer(ms, () => fired.push([name, runtime.now()]));
    }
    await time.advance(30);
    expect(fired).toEqual([
      ["a", 10],
      ["b", 10],
      ["c", 30],
    ]);
    expect(runtime.now()).toBe(30);
    await time.advance("1s");
    expect([fired.at(-1), runtime.now()]).toEqual([["d", 31], 1_030]);
  });

  test("lets the consequences of a timer run before the next one", async () => {
    using time = virtualTime();
    const runtime = currentRuntime();
    const seen: number[] = [];
    const chain = async (): Promise<void> => {
      for (let step = 0; step < 3; step += 1) {
        await sleep(10);
        seen.push(runtime.now());
      }
    };
    const chained = chain();
    runtime.timer(25, () => seen.push(-25));
    await time.advance(30);
    await chained;
    expect(seen).toEqual([10, 20, -25, 30]);
  });

  test("does not move while thousands of ready operations follow each other", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.channel<number>(1);
    const forth = (async () => {
      for (let value = 0; value < 5_000; value += 1) await tx.send(value);
      tx.close();
    })();
    let last = -1;
    const back = (async () => {
      for await (const value of rx) last = value;
    })();
    let late: number | undefined;
    currentRuntime().timer(1, () => {
      late = last;
    });
    await time.advance(1);
    expect(late).toBe(4_999);
    await Promise.all([forth, back]);
  });

  test("does not move while real work is in flight", async () => {
    using time = virtualTime();
    const runtime = currentRuntime();
    let done = false;
    const work = runtime.real(async () => {
      for (let turn = 0; turn < 20; turn += 1) await systemRuntime().yieldNow();
      done = true;
    });
    let seen: boolean | undefined;
    runtime.timer(5, () => {
      seen = done;
    });
    await time.advance(5);
    expect(seen).toBe(true);
    await work;
  });

  test("sets the wall clock without any timer noticing", async () => {
    using time = virtualTime();
    const runtime = currentRuntime();
    const wall = runtime.wallNow();
    let fired = false;
    runtime.timer(1_000, () => {
      fired = true;
    });
    time.shiftWallClock(3_600_000);
    await time.settle();
    expect([runtime.wallNow() - wall, runtime.now(), fired]).toEqual([3_600_000, 0, false]);
    time.shiftWallClock(-7_200_000);
    await time.advance(1_000);
    expect([runtime.wallNow() - wall, runtime.now(), fired]).toEqual([-3_599_000, 1_000, true]);
  });

  test("refuses to move for ever, or by what is no time", async () => {
    using time = virtualTime();
    await expect(time.advance(Number.POSITIVE_INFINITY)).rejects.toThrow("Expected `duration`");
    await expect(time.advance("soon" as "1s")).rejects.toThrow(TypeError);
    expect(() => {
      time.shiftWallClock(Number.NaN);
    }).toThrow("Expected `ms`");
  });
});

describe("until idle", () => {
  test("every timer that somebody waits for has fired; the others need not have", async () => {
    using time = virtualTime();
    const runtime = currentRuntime();
    let background = 0;
    const poll = runtime.timer(60_000, () => {
      background += 1;
    });
    poll.unref();
    const slept = sleep("1h").then(() => sleep("2h"));
    await time.runUntilIdle();
    await slept;
    expect([runtime.now(), background]).toEqual([3 * 3_600_000, 1]);
    runtime.timer(Number.POSITIVE_INFINITY, () => undefined);
    await time.runUntilIdle();
    expect(runtime.now()).toBe(3 * 3_600_000);
  });

  test("a timer that keeps coming is named", async () => {
    using time = virtualTime();
    const again = (): void => {
      currentRuntime().timer(1_000, again, "heartbeat");
    };
    again();
    await expect(time.runUntilIdle("1m")).rejects.toThrow("Still not idle after 1m of virtual time; timers: heartbeat");
  });
});

describe("a clock that moves by itself", () => {
  test("jumps whenever nothing else can happen", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const beat = interval("1h");
    await beat.tick();
    await beat.tick();
    expect(currentRuntime().now()).toBe(3_600_000);
  });

  test("waits for real work", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const runtime = currentRuntime();
    const order: string[] = [];
    const slept = sleep("1h").then(() => order.push("slept"));
    await runtime.real(async () => {
      for (let turn = 0; turn < 20; turn += 1) await systemRuntime().yieldNow();
      order.push("worked");
    });
    await slept;
    expect(order).toEqual(["worked", "slept"]);
  });

  test("stands still for timers that nobody waits for, until somebody does", async () => {
    using time = virtualTime({ autoAdvance: true });
    const runtime = currentRuntime();
    let fired = false;
    const timer = runtime.timer(10, () => {
      fired = true;
    });
    timer.unref();
    await time.settle();
    expect([fired, runtime.now()]).toEqual([false, 0]);
    timer.ref();
    await time.settle();
    expect([fired, runtime.now()]).toEqual([true, 10]);
  });
});

test("virtual worlds do not nest, and the real one comes back", () => {
  const time = virtualTime();
  expect(() => virtualTime()).toThrow("Expected no other virtual runtime to be active");
  expect(currentRuntime()).toBe(time.runtime);
  time[Symbol.dispose]();
  expect(currentRuntime()).toBe(systemRuntime());
  time[Symbol.dispose]();
  using _again = virtualTime();
});

test("chance is seeded, ids are in order", () => {
  const draws = (seed: number): readonly unknown[] => {
    using time = virtualTime({ seed });
    const { runtime } = time;
    return [runtime.random(), runtime.random(), runtime.id("job"), runtime.id()];
  };
  expect(draws(7)).toEqual(draws(7));
  expect(draws(7)).not.toEqual(draws(8));
  expect(draws(7).slice(2)).toEqual(["job_000001", "id_000002"]);
});

test("failures that nobody awaits are kept, and told to who listens", async () => {
  using time = virtualTime();
  const heard: unknown[] = [];
  const error = new Error("in a timer");
  time.runtime.signals.on("task:failed", ({ task }) => heard.push(task));
  time.runtime.timer(
    1,
    () => {
      throw error;
    },
    "poll",
  );
  await time.advance(1);
  expect(time.failures).toEqual([{ error, task: "poll" }]);
  expect(heard).toEqual(["poll"]);
});
