import { setTimeout as timerPromise } from "node:timers/promises";
import { setTimeout as nodeTimeout } from "node:timers";
import { describe, expect, test } from "vitest";
import { currentRuntime, isKeelsonError } from "keelson/core";
import { retry } from "keelson/resilience";
import { type AmbientUse, type HostMain, SimulationError, simulate } from "keelson/simulation";
import { sleep } from "keelson/time";
import { outcome } from "../support/outcome.js";

const start = Date.UTC(2030, 0, 1);

async function run(ambient: AmbientUse, main: HostMain): Promise<void> {
  await simulate({ seed: 1, ambient }, async (sim) => {
    const host = sim.host("service", main);
    await sim.until(() => host.isDone);
  });
}

describe("ambient: throw", () => {
  test.each<[string, () => unknown]>([
    ["setTimeout()", () => setTimeout(() => undefined, 5)],
    ["setInterval()", () => setInterval(() => undefined, 5)],
    ["setImmediate()", () => setImmediate(() => undefined)],
    ["setTimeout()", () => nodeTimeout(() => undefined, 5)],
    ["setTimeout() of node:timers/promises", () => timerPromise(5)],
    ["Date.now()", () => Date.now()],
    ["new Date()", () => new Date()],
    ["Date()", () => Date()],
    ["performance.now()", () => performance.now()],
    ["Math.random()", () => Math.random()],
    ["crypto.randomUUID()", () => crypto.randomUUID()],
    ["crypto.getRandomValues()", () => crypto.getRandomValues(new Uint8Array(1))],
    ["process.hrtime()", () => process.hrtime()],
    ["process.hrtime.bigint()", () => process.hrtime.bigint()],
    ["AbortSignal.timeout()", () => AbortSignal.timeout(5)],
  ])("%s is refused, and the stack begins where it was called", async (call, use) => {
    const theCulprit = (): unknown => use();
    const error = await outcome(run("throw", () => theCulprit()));
    expect(error).toBeInstanceOf(SimulationError);
    const { cause } = error as SimulationError;
    expect(isKeelsonError(cause, "SIMULATION_AMBIENT")).toBe(true);
    const { message, stack = "" } = cause as Error;
    expect(message).toContain(`host "service" called ${call}, which no seed controls`);
    expect(stack.split("\n    at ")[1]).toContain("ambient.test.ts");
    expect(stack).toContain("theCulprit");
  });

  test("what is no question of the present is let through", async () => {
    await run("throw", async () => {
      expect(new Date(5).getTime()).toBe(5);
      expect(new Date("2030-01-01") instanceof Date).toBe(true);
      expect(Date.UTC(2030, 0, 1)).toBe(start);
      expect(Math.max(1, 2)).toBe(2);
      await sleep(1);
    });
  });

  test("so is what keelson is built on: p-retry reads the clock", async () => {
    await run("throw", async () => {
      let calls = 0;
      await retry(
        () => {
          calls += 1;
          if (calls < 3) throw new Error("not yet");
        },
        { retries: 3 },
      );
      expect(calls).toBe(3);
    });
  });

  test("and everything inside runtime.real()", async () => {
    await run("throw", async () => {
      const waited = await currentRuntime().real(async () => {
        const before = performance.now();
        await timerPromise(2);
        return performance.now() - before;
      });
      expect(waited).toBeGreaterThan(0.5);
    });
  });
});

describe("ambient: virtual", () => {
  test("raw timers, clocks and chance are the host's", async () => {
    const seen: unknown[] = [];
    const main: HostMain = async ({ runtime }) => {
      seen.push(Date.now() - start, new Date().getTime() - start, performance.now(), process.hrtime.bigint());
      await new Promise((resolve) => setTimeout(resolve, 90_000));
      seen.push(await timerPromise(10_000, "value"));
      seen.push(runtime.now(), Date.now() - start, process.hrtime());
      let ticks = 0;
      await new Promise<void>((resolve) => {
        const interval = setInterval(() => {
          ticks += 1;
          if (ticks < 3) return;
          clearInterval(interval);
          resolve();
        }, 1_000);
      });
      const cleared = setTimeout(() => seen.push("not cleared"), 1);
      clearTimeout(cleared);
      const signal = AbortSignal.timeout(2_000);
      await new Promise((resolve) => {
        signal.addEventListener("abort", resolve);
      });
      seen.push(runtime.now(), (signal.reason as Error).name);
    };
    await run("virtual", main);
    expect(seen).toEqual([0, 0, 0, 0n, "value", 100_000, 100_000, [100, 0], 105_000, "TimeoutError"]);
  });

  test("chance follows from the seed", async () => {
    const draw = async (): Promise<unknown> => {
      let drawn: unknown;
      await run("virtual", () => {
        drawn = [Math.random(), crypto.randomUUID(), [...crypto.getRandomValues(new Uint8Array(4))]];
      });
      return drawn;
    };
    expect(await draw()).toEqual(await draw());
  });
});

test("ambient: allow leaves all of it alone, and afterwards nothing is left of any", async () => {
  const present = (): unknown[] => [
    globalThis.setTimeout,
    globalThis.Date,
    Reflect.get(Math, "random"),
    Reflect.get(crypto, "randomUUID"),
  ];
  const before = present();
  for (const ambient of ["allow", "virtual", "throw"] as const) {
    await run(ambient, () => {
      if (ambient === "allow") expect(Math.abs(Date.now() - start)).toBeGreaterThan(1_000);
    });
  }
  expect(present()).toEqual(before);
  expect(Object.hasOwn(performance, "now")).toBe(false);
});

test("the ambient runtime is nobody's between the events of a simulation", async () => {
  let escaped: unknown;
  await simulate({ seed: 1, ambient: "allow" }, async () => {
    await currentRuntime().real(
      () =>
        new Promise<void>((resolve) => {
          setTimeout(() => {
            escaped = outcomeOf(() => currentRuntime());
            resolve();
          }, 1);
        }),
    );
  });
  expect(isKeelsonError(escaped, "SIMULATION_ESCAPE")).toBe(true);
});

function outcomeOf(use: () => unknown): unknown {
  try {
    return use();
  } catch (error) {
    return error;
  }
}
