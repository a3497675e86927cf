import { checkFunction, checkInteger, checkKnown, checkNumber, shown } from "../core/check.js";
import { type FastCheck, type FaultPlanOptions, checkPlans } from "./arbitrary-faults.js";
import { LivenessError } from "./errors.js";
import { searchFaults } from "./explore-faults.js";
import { seedToReplay } from "./replay.js";
import { runSimulation } from "./run-simulation.js";
import type { Simulation } from "./simulation.js";
import { type SimulationOptions, seriesOptions } from "./simulation-options.js";
import { TimeLimit } from "./time-limit.js";

/** How much longer the test runner waits than the test itself, which can tell the seed that was running. */
const runnersGrace = 10_000;

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
  /**
   * How many more runs may be spent on shrinking such a plan; when `timeoutMs` are over, it is told as far as it is
   * shrunk.
   *
   * @defaultValue `200`
   */
  readonly shrinkRuns?: number;
  /** The module `fast-check`, which makes the plans. */
  readonly fc?: FastCheck | undefined;
  /** Which seeds are tried, instead. */
  readonly seeds?: readonly number[];
  /**
   * How long all runs may take together, in real milliseconds. A test that takes longer fails with the seed that was
   * running; the test function is given ten seconds more. @defaultValue `60_000`
   */
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
export function simTest(name: string, options: SimTestOptions, body: (sim: Simulation) => unknown): void {
  const { test, runs = 10, seeds, timeoutMs = 60_000, plans, fc, shrinkRuns = 200, ...rest } = options;
  checkFunction("test", test);
  checkFunction("body", body);
  const own = { faults: true, test, runs, seeds, timeoutMs, plans, shrinkRuns, fc };
  checkKnown("options", options, { ...seriesOptions, ...own });
  checkInteger("runs", runs, 1);
  checkInteger("shrinkRuns", shrinkRuns, 0);
  checkNumber("timeoutMs", timeoutMs, 1, Number.POSITIVE_INFINITY);
  if (plans !== undefined) {
    checkPlans(plans);
    if (fc === undefined) {
      throw new TypeError("Expected `fc` to be the module fast-check, which makes `plans`: npm install -D fast-check");
    }
    checkLeftOut("seeds", seeds);
    checkLeftOut("faults", rest.faults);
  }
  const tried = seeds ?? Array.from({ length: runs }, (_, index) => index + 1);
  checkInteger("seeds.length", tried.length, 1);
  for (const seed of tried) checkInteger("seeds", seed, 0);
  const run = async (): Promise<void> => {
    const replayed = seedToReplay();
    if (plans !== undefined && fc !== undefined && replayed === undefined) {
      using limit = new TimeLimit(timeoutMs, runs);
      const { sometimes } = await searchFaults({ ...rest, fc, plans, runs, shrinkRuns, name }, body, limit);
      checkSeen(sometimes, runs);
      return;
    }
    const chosen = replayed === undefined ? tried : [replayed];
    using limit = new TimeLimit(timeoutMs, chosen.length);
    const counts: Record<string, number> = {};
    for (const seed of chosen) {
      const { sometimes } = await runSimulation({ ...rest, seed, name }, body, limit);
      for (const [what, count] of Object.entries(sometimes)) counts[what] = (counts[what] ?? 0) + count;
    }
    if (replayed === undefined) checkSeen(counts, tried.length);
  };
  test(name, run, timeoutMs + runnersGrace);
}

function checkLeftOut(option: string, value: unknown): void {
  if (value === undefined) return;
  throw new TypeError(`Expected \`${option}\` to be left out beside \`plans\`, which draw them, got ${shown(value)}`);
}

function checkSeen(counts: Readonly<Record<string, number>>, runs: number): void {
  const [never] = Object.entries(counts).find(([, count]) => count === 0) ?? [];
  if (never === undefined) return;
  throw new LivenessError(`sometimes "${never}" was seen in none of ${runs} runs: what it marks is not tested`);
}
