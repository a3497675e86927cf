import { checkFunction, checkInteger } from "../core/check.js";
import type { FastCheck, FaultPlanOptions } from "./arbitrary-faults.js";
import { LivenessError } from "./errors.js";
import { exploreFaults } from "./explore-faults.js";
import { seedToReplay } from "./replay.js";
import { type SimulationOptions, simulate } from "./simulate.js";
import type { Simulation } from "./simulation.js";

/** Registers a test: `test` of vitest, jest and `node:test` all serve. */
export type TestFunction = (name: string, body: () => Promise<void>, timeoutMs?: number) => unknown;

/** How {@link simTest} runs. */
export interface SimTestOptions extends Omit<SimulationOptions, "seed" | "name"> {
  /** Registers the test. */
  readonly test: TestFunction;
  /** How many seeds are tried: 1, 2, 3, …; with `plans`, how many schedules. @defaultValue `10` */
  readonly runs?: number;
  /** Lets faults strike, other ones in each run; the plan of a run that fails is shrunk. Needs `fc`. */
  readonly plans?: FaultPlanOptions | undefined;
  /** The module `fast-check`, which makes the plans. */
  readonly fc?: FastCheck | undefined;
  /** Which seeds are tried, instead. */
  readonly seeds?: readonly number[];
  /** What the test function is given as its time limit, in real milliseconds. @defaultValue `60_000` */
  readonly timeoutMs?: number;
}

/**
 * Registers one test that simulates `body` with many seeds, or with that of `KEELSON_SIM_SEED` alone.
 *
 * @remarks It fails with the first seed that does, and when a `sometimes` was seen with none of them.
 *
 * @example
 * ```ts
 * import { simTest } from "keelson/simulation";
 *
 * const registered: (() => Promise<void>)[] = [];
 * const seeds: number[] = [];
 * simTest("waits", { test: (_name, body) => registered.push(body), runs: 3 }, async (sim) => {
 *   await sim.sleep("1h");
 *   seeds.push(sim.seed);
 * });
 * for (const body of registered) await body();
 * seeds // => [1, 2, 3]
 * ```
 */
export function simTest(
  name: string,
  { test, runs = 10, seeds, timeoutMs = 60_000, plans, fc, ...options }: SimTestOptions,
  body: (sim: Simulation) => unknown,
): void {
  checkFunction("test", test);
  checkFunction("body", body);
  checkInteger("runs", runs, 1);
  if (plans !== undefined && fc === undefined) {
    throw new TypeError("Expected `fc` to be the module fast-check, which makes `plans`: npm install -D fast-check");
  }
  const tried = seeds ?? Array.from({ length: runs }, (_, index) => index + 1);
  checkInteger("seeds.length", tried.length, 1);
  const run = async (): Promise<void> => {
    const replayed = seedToReplay();
    if (plans !== undefined && fc !== undefined && replayed === undefined) {
      const { sometimes } = await exploreFaults({ ...options, fc, plans, runs, name }, body);
      checkSeen(sometimes, runs);
      return;
    }
    const counts: Record<string, number> = {};
    for (const seed of replayed === undefined ? tried : [replayed]) {
      const { sometimes } = await simulate({ ...options, seed, name }, body);
      for (const [what, count] of Object.entries(sometimes)) counts[what] = (counts[what] ?? 0) + count;
    }
    if (replayed === undefined) checkSeen(counts, tried.length);
  };
  test(name, run, timeoutMs);
}

function checkSeen(counts: Readonly<Record<string, number>>, runs: number): void {
  const [never] = Object.entries(counts).find(([, count]) => count === 0) ?? [];
  if (never === undefined) return;
  throw new LivenessError(`sometimes "${never}" was seen in none of ${runs} runs: what it marks is not tested`);
}
