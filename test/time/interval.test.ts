import { describe, expect, test } from "vitest";
import { TimeoutError, currentRuntime } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { type MissedTicks, interval } from "keelson/time";

test("the first tick is immediate and ticks report the scheduled instant", async () => {
  using time = virtualTime({ autoAdvance: true });
  const beat = interval(100);
  expect([await beat.tick(), await beat.tick(), await beat.tick()]).toEqual([0, 100, 200]);
  expect(time.runtime.now()).toBe(200);
  expect(beat.period).toBe(100);
});

test("start moves the first tick", async () => {
  using _time = virtualTime({ autoAdvance: true });
  const beat = interval("1s", { start: 250 });
  expect([await beat.tick(), await beat.tick()]).toEqual([250, 1_250]);
});

describe("ticks missed", () => {
  const after = async (missed: MissedTicks): Promise<number[]> => {
    using time = virtualTime({ autoAdvance: true });
    const beat = interval(100, { missed });
    const ticks = [await beat.tick()];
    await time.advance(350);
    for (let count = 0; count < 5; count++) ticks.push(await beat.tick());
    return ticks;
  };
  test("skip keeps the rhythm and drops them", async () => {
    expect(await after("skip")).toEqual([0, 100, 400, 500, 600, 700]);
  });
  test("burst delivers them all", async () => {
    expect(await after("burst")).toEqual([0, 100, 200, 300, 400, 500]);
  });
  test("delay counts from the late tick", async () => {
    expect(await after("delay")).toEqual([0, 100, 450, 550, 650, 750]);
  });
  test("up to 5 ms late is not missed", async () => {
    using time = virtualTime({ autoAdvance: true });
    const beat = interval(2, { missed: "delay" });
    await time.advance(5);
    expect([await beat.tick(), await beat.tick()]).toEqual([0, 2]);
    await time.advance(6);
    expect([await beat.tick(), await beat.tick()]).toEqual([4, 13]);
  });
  test("the behaviour can be changed on the way", async () => {
    using time = virtualTime({ autoAdvance: true });
    const beat = interval(10);
    expect(beat.missed).toBe("skip");
    beat.missed = "burst";
    await time.advance(100);
    expect([await beat.tick(), await beat.tick()]).toEqual([0, 10]);
    expect(() => (beat.missed = "never" as "skip")).toThrow(TypeError);
  });
});

test("each tick goes to one wait, in order", async () => {
  using time = virtualTime();
  const beat = interval(10, { start: 10 });
  const log: string[] = [];
  void beat.tick().then((tick) => log.push(`a ${String(tick)}`));
  void beat.tick().then((tick) => log.push(`b ${String(tick)}`));
  await time.advance(10);
  expect(log).toEqual(["a 10"]);
  await time.advance(10);
  expect(log).toEqual(["a 10", "b 20"]);
});

test("an aborted wait takes no tick", async () => {
  using time = virtualTime();
  const beat = interval(10, { start: 10 });
  const controller = new AbortController();
  const gone = beat.tick({ signal: controller.signal });
  controller.abort("left");
  await expect(gone).rejects.toBe("left");
  await time.advance(10);
  expect(await beat.tick()).toBe(10);
});

test("reset in all its forms", async () => {
  using time = virtualTime({ autoAdvance: true });
  const beat = interval(100);
  await beat.tick();
  await time.advance(30);
  beat.reset();
  expect(await beat.tick()).toBe(130);
  beat.resetImmediately();
  expect(await beat.tick()).toBe(130);
  beat.resetAfter(5);
  expect(await beat.tick()).toBe(135);
  beat.resetAt(200);
  expect(await beat.tick()).toBe(200);
  expect(await beat.tick()).toBe(300);
});

test("reset to before all time, it ticks once and starts a rhythm", async () => {
  using _time = virtualTime({ autoAdvance: true });
  for (const missed of ["skip", "burst", "delay"] as const) {
    const beat = interval(100, { missed });
    const now = currentRuntime().now();
    beat.resetAt(Number.NEGATIVE_INFINITY);
    const ticks = [await beat.tick(), await beat.tick(), await beat.tick()];
    expect(ticks).toEqual([Number.NEGATIVE_INFINITY, now + 100, now + 200]);
  }
});

test("an idle interval waits for nobody", async () => {
  using time = virtualTime();
  const beat = interval(10);
  await beat.tick();
  await time.runUntilIdle(0);
  const tick = beat.tick();
  await time.runUntilIdle();
  expect(await tick).toBe(10);
});

test("iterating again goes on where it was", async () => {
  using _time = virtualTime({ autoAdvance: true });
  const beat = interval(10);
  const ticks: number[] = [];
  for await (const tick of beat) if (ticks.push(tick) === 2) break;
  for await (const tick of beat) if (ticks.push(tick) === 4) break;
  expect(ticks).toEqual([0, 10, 20, 30]);
});

test("a period must be above 0", () => {
  expect(() => interval(0)).toThrow(RangeError);
  expect(() => interval(-1)).toThrow(TypeError);
  expect(() => interval(1, { missed: "sometimes" as "skip" })).toThrow(TypeError);
});

test.each(["skip", "burst", "delay"] as const)(
  "an infinite period gives its first tick alone, however late (%s)",
  async (missed) => {
    using time = virtualTime();
    const beat = interval(Number.POSITIVE_INFINITY, { missed });
    await time.advance(10);
    expect(await beat.tick()).toBe(0);
    await expect(beat.tick({ timeout: 0 })).rejects.toThrow(TimeoutError);
  },
);
