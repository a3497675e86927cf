import { describe, expect, test } from "vitest";
import { type Host, currentRuntime, silentLogger, systemRuntime } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { provideRuntime } from "../../src/core/ambient.js";

describe("the system runtime", () => {
  test("is one for the process, and the ambient one", () => {
    expect(systemRuntime()).toBe(systemRuntime());
    expect(currentRuntime()).toBe(systemRuntime());
    expect(systemRuntime().host).toBe("local");
  });

  test("its timers are never early", async () => {
    const runtime = systemRuntime();
    const early: number[] = [];
    const one = async (ms: number): Promise<void> => {
      const start = runtime.now();
      await runtime.sleep(ms);
      if (runtime.now() - start < ms) early.push(ms);
    };
    await Promise.all(Array.from({ length: 200 }, (_, index) => one(index / 20)));
    expect(early).toEqual([]);
  });

  test("a timer's error goes to report, and so to the signals", async () => {
    const heard = new Promise<unknown>((resolve) => {
      const listening = systemRuntime().signals.on("task:failed", (payload) => {
        listening[Symbol.dispose]();
        resolve(payload);
      });
    });
    const error = new RangeError("r");
    const failing = (): never => {
      throw error;
    };
    systemRuntime().timer(0, failing, "sweep");
    expect(await heard).toEqual({ task: "sweep", error, host: "local" });
  });

  test("ids are unique, random numbers are in range, real work is passed on", async () => {
    const runtime = systemRuntime();
    expect(runtime.id()).not.toBe(runtime.id());
    expect(runtime.id("lease")).toMatch(/^lease_[\w-]+$/);
    const random = runtime.random();
    expect(random >= 0 && random < 1).toBe(true);
    expect(await runtime.real(() => Promise.resolve(5))).toBe(5);
  });

  test("it works where there is no setImmediate", async () => {
    const browser: Host = { performance, Date, setTimeout, clearTimeout };
    const runtime = systemRuntime({ timers: browser });
    await runtime.yieldNow();
    for (let count = 0; count < 300; count++) await runtime.ready(count);
  });
});

describe("the ambient runtime", () => {
  test("is replaced until disposed, and not twice", () => {
    const runtime = systemRuntime({ timers: globalThis });
    const provided = provideRuntime({ current: () => runtime });
    expect(currentRuntime()).toBe(runtime);
    expect(() => provideRuntime({ current: () => runtime })).toThrow("dispose it first");
    provided[Symbol.dispose]();
    expect(currentRuntime()).toBe(systemRuntime());
    const other = provideRuntime({ current: () => runtime });
    provided[Symbol.dispose]();
    expect(currentRuntime()).toBe(runtime);
    other[Symbol.dispose]();
  });
});

describe("virtual time", () => {
  test("stands still until it is moved, timers fire in order", async () => {
    using time = virtualTime();
    const { runtime } = time;
    const log: string[] = [];
    runtime.timer(20, () => log.push(`b at ${String(runtime.now())}`));
    runtime.timer(10, () => log.push(`a at ${String(runtime.now())}`));
    runtime.timer(20, () => log.push("c"));
    await time.settle();
    expect(log).toEqual([]);
    await time.advance(20);
    expect(log).toEqual(["a at 10", "b at 20", "c"]);
    expect(runtime.wallNow() - Date.UTC(2030, 0, 1)).toBe(20);
  });

  test("what a timer sets off runs before the next one", async () => {
    using time = virtualTime();
    const log: string[] = [];
    const { runtime } = time;
    void runtime
      .sleep(10)
      .then(() => runtime.sleep(5))
      .then(() => log.push("15"));
    void runtime.sleep(16).then(() => log.push("16"));
    await time.advance("1s");
    expect(log).toEqual(["15", "16"]);
  });

  test("timers can be reset, unreffed, disposed", async () => {
    using time = virtualTime();
    const log: string[] = [];
    const moved = time.runtime.timer(10, () => log.push("moved"));
    const gone = time.runtime.timer(10, () => log.push("gone"));
    const idle = time.runtime.timer(50, () => log.push("idle"), "idle");
    const never = time.runtime.timer(Number.POSITIVE_INFINITY, () => log.push("never"));
    moved.reset(30);
    gone[Symbol.dispose]();
    idle.unref();
    await time.runUntilIdle();
    expect([log, time.runtime.now()]).toEqual([["moved"], 30]);
    idle.ref();
    await expect(time.runUntilIdle(5)).rejects.toThrow("idle");
    await time.runUntilIdle();
    expect(log).toEqual(["moved", "idle"]);
    never.reset(1);
    await time.advance(1);
    expect(log).toEqual(["moved", "idle", "never"]);
  });

  test("errors of timers and failures are kept, and signalled", async () => {
    using time = virtualTime();
    const heard: unknown[] = [];
    time.runtime.signals.on("task:failed", (payload) => heard.push(payload));
    const failing = (): never => {
      throw new RangeError("r");
    };
    time.runtime.timer(1, failing, "sweep");
    await time.advance(1);
    expect(time.failures).toEqual([{ error: new RangeError("r"), task: "sweep" }]);
    expect(heard).toMatchObject([{ task: "sweep", host: "virtual" }]);
  });

  test("random numbers and ids repeat with the seed", () => {
    const draw = (seed: number): readonly unknown[] => {
      using time = virtualTime({ seed });
      const { runtime } = time;
      return [runtime.random(), runtime.random(), runtime.id("a"), runtime.id()];
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).slice(2)).toEqual(["a_000001", "id_000002"]);
  });

  test("the clock waits for real work", async () => {
    using time = virtualTime();
    let isDone = false;
    void time.runtime.real(() => systemRuntime().sleep(5)).then(() => (isDone = true));
    await time.advance(1);
    expect(isDone).toBe(true);
  });

  test("autoAdvance jumps to the next timer when nothing else can happen", async () => {
    using time = virtualTime({ autoAdvance: true });
    await time.runtime.sleep(86_400_000);
    expect(time.runtime.now()).toBe(86_400_000);
  });

  test("worlds do not nest", () => {
    using _time = virtualTime();
    expect(() => virtualTime()).toThrow("dispose it first");
  });
});

test("the silent logger says nothing, whoever's child it is", () => {
  const child = silentLogger.child({ part: "lease" });
  for (const level of ["trace", "debug", "info", "warn", "error"] as const) {
    expect(() => {
      child[level]({ attempt: 1 }, "x");
    }).not.toThrow();
  }
});
