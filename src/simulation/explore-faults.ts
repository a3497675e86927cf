import { checkInteger, checkKnown } from "../core/check.js";
import { type FastCheck, type FaultPlanOptions, arbitraryFaults } from "./arbitrary-faults.js";
import type { Fault } from "./faults.js";
import { seedToReplay } from "./replay.js";
import { type EndedRun, reportOf, runToEnd } from "./run-simulation.js";
import { type FailedRun, shrinkFind } from "./shrink-find.js";
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
  /**
   * How many more runs may be spent on shrinking the plan of one that fails; 0 leaves it as it is. @defaultValue `200`
   */
  readonly shrinkRuns?: number;
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
  readonly errorInstance: unknown;
}

interface Checker {
  noShrink(arbitrary: unknown): unknown;
  asyncProperty(
    seed: unknown,
    plan: unknown,
    predicate: (seed: number, plan: readonly Fault[]) => Promise<void>,
  ): unknown;
  check(
    property: unknown,
    parameters: { readonly numRuns: number; readonly seed: number; readonly endOnFailure: true },
  ): Promise<RunDetails>;
}

/**
 * Looks for a seed and a plan of faults under which `body` fails, and shrinks the plan to the few faults that matter.
 *
 * @remarks With a seed in `KEELSON_SIM_SEED` it runs that one alone, with the plan in `KEELSON_SIM_FAULTS`.
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
  const own = { name: true, fc: true, plans: true, runs: true, shrinkRuns: true, searchSeed: true };
  checkKnown("options", options, { ...seriesOptions, ...own });
  return await searchFaults(options, body);
}

/** What {@link exploreFaults} does, within the time that there is: what fails by then is a find, shrunk or not. */
export async function searchFaults(
  { fc, plans, runs = 100, shrinkRuns = 200, searchSeed = 1, ...options }: ExploreOptions,
  body: (sim: Simulation) => unknown,
  limit?: TimeLimit,
): Promise<ExploreReport> {
  checkInteger("runs", runs, 1);
  checkInteger("shrinkRuns", shrinkRuns, 0);
  checkInteger("searchSeed", searchSeed, 0);
  const run = (seed: number, faults: readonly Fault[]): Promise<EndedRun> =>
    runToEnd({ ...options, seed, faults }, body, limit);
  const replayed = seedToReplay();
  if (replayed !== undefined) {
    const { sometimes } = reportOf(await run(replayed, []));
    return { runs: 1, sometimes };
  }
  const checker = fc as unknown as Checker;
  const sometimes: Record<string, number> = {};
  let find: FailedRun | undefined;
  const property = checker.asyncProperty(
    checker.noShrink(fc.integer({ min: 0, max: 2 ** 31 - 1 })),
    arbitraryFaults(fc, plans),
    async (seed, plan) => {
      const ended = await run(seed, plan);
      const { failure } = ended.world;
      if (failure !== undefined) find = { ...ended, failure };
      for (const [name, count] of Object.entries(reportOf(ended).sometimes)) {
        sometimes[name] = (sometimes[name] ?? 0) + count;
      }
    },
  );
  const parameters = { numRuns: runs, seed: searchSeed, endOnFailure: true } as const;
  const { failed, errorInstance } = await checker.check(property, parameters);
  if (find !== undefined) throw await shrinkFind(find, run, { runs: shrinkRuns, over: limit?.signal });
  if (failed) throw errorInstance;
  return { runs, sometimes };
}
