import { checkInteger, checkKnown } from "../core/check.js";
import { type FastCheck, type FaultPlanOptions, arbitraryFaults } from "./arbitrary-faults.js";
import { SimulationError } from "./errors.js";
import type { Fault } from "./faults.js";
import { runSimulation } from "./run-simulation.js";
import type { Simulation } from "./simulation.js";
import { type SimulationOptions, seriesOptions } from "./simulation-options.js";
import type { TimeLimit } from "./time-limit.js";

/** How {@link exploreFaults} searches. */
export interface ExploreOptions extends Omit<SimulationOptions, "seed" | "faults"> {
  /** The module `fast-check`. */
  readonly fc: FastCheck;
  /** What the plans are made of. */
  readonly plans: FaultPlanOptions;
  /** How many schedules are tried. @defaultValue `100` */
  readonly runs?: number;
  /** Where the search begins: the same one tries the same schedules. @defaultValue `1` */
  readonly searchSeed?: number;
}

/** What a search without a find came to. */
export interface ExploreReport {
  /** How many schedules were tried. */
  readonly runs: number;
  /** How often each `sometimes` was seen, over all of them. */
  readonly sometimes: Readonly<Record<string, number>>;
}

interface RunDetails {
  readonly failed: boolean;
  readonly counterexample: readonly [seed: number, faults: readonly Fault[]] | null;
  readonly errorInstance: unknown;
}

interface Checker {
  noShrink(arbitrary: unknown): unknown;
  asyncProperty(
    seed: unknown,
    plan: unknown,
    predicate: (seed: number, plan: readonly Fault[]) => Promise<void>,
  ): unknown;
  check(property: unknown, parameters: { readonly numRuns: number; readonly seed: number }): Promise<RunDetails>;
}

/**
 * Looks for a seed and a plan of faults under which `body` fails, and shrinks the plan to the few faults that matter.
 *
 * @throws SimulationError of the shrunk schedule: its message names the faults, and the command that replays it.
 *
 * @example
 * ```ts
 * import fc from "fast-check";
 * import { exploreFaults } from "keelson/simulation";
 *
 * const plans = { hosts: ["api"], horizon: "5s", kinds: ["crash"] } as const;
 * const failure = await exploreFaults({ fc, plans, duration: "9s" }, (sim) => {
 *   let boots = 0;
 *   sim.host("api", ({ boot }) => { boots = boot; });
 *   sim.always("it never crashes", () => boots < 2);
 * }).catch((error: unknown) => error);
 * String(failure).includes(" to 1:\n  at 0.000 ms crash api for 1.000 ms") // => true
 * ```
 */
export async function exploreFaults(
  options: ExploreOptions,
  body: (sim: Simulation) => unknown,
): Promise<ExploreReport> {
  const own = { name: true, fc: true, plans: true, runs: true, searchSeed: true };
  checkKnown("options", options, { ...seriesOptions, ...own });
  return await searchFaults(options, body);
}

/** What {@link exploreFaults} does, within the time that there is: what fails by then is a find, shrunk or not. */
export async function searchFaults(
  { fc, plans, runs = 100, searchSeed = 1, ...options }: ExploreOptions,
  body: (sim: Simulation) => unknown,
  limit?: TimeLimit,
): Promise<ExploreReport> {
  checkInteger("runs", runs, 1);
  checkInteger("searchSeed", searchSeed, 0);
  const checker = fc as unknown as Checker;
  const sometimes: Record<string, number> = {};
  let found: readonly Fault[] | undefined;
  let last: unknown;
  const isOver = (): boolean => limit?.signal.aborted === true;
  const property = checker.asyncProperty(
    checker.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
    arbitraryFaults(fc, plans),
    async (seed, plan) => {
      if (isOver()) return;
      try {
        const report = await runSimulation({ ...options, seed, faults: plan }, body, { limit });
        for (const [name, count] of Object.entries(report.sometimes)) sometimes[name] = (sometimes[name] ?? 0) + count;
      } catch (error) {
        if (isOver()) {
          last ??= error;
          return;
        }
        found ??= plan;
        last = error;
        throw error;
      }
    },
  );
  const { failed, counterexample, errorInstance } = await checker.check(property, { numRuns: runs, seed: searchSeed });
  if (isOver()) throw last ?? limit?.signal.reason;
  if (!failed) return { runs, sometimes };
  if (counterexample === null || !(errorInstance instanceof SimulationError)) throw errorInstance;
  const [seed, faults] = counterexample;
  // Once more, for the report that says from how many faults it was shrunk.
  await runSimulation({ ...options, seed, faults }, body, { limit, foundFaults: found?.length });
  throw new Error(`Expected seed ${seed} to fail again: something in the test is not determined by the seed`);
}
