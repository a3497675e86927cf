import type { SimulationError } from "./errors.js";
import { type Shrunk, errorOf } from "./failure-report.js";
import type { Fault } from "./faults.js";
import { faultsToReplay } from "./replay.js";
import type { EndedRun } from "./run-simulation.js";
import { shrinkPlan } from "./shrink-plan.js";
import type { Failure } from "./world.js";

/** A run that failed. */
export interface FailedRun extends EndedRun {
  readonly failure: Failure;
}

/** How much may be spent on shrinking. */
export interface ShrinkBudget {
  /** Runs. */
  readonly runs: number;
  /** Aborts when no time is left. */
  readonly over?: AbortSignal | undefined;
}

/** Shrinks the plan of a run that failed; the error of the simplest that fails, whatever there was time for. */
export async function shrinkFind(
  find: FailedRun,
  run: (seed: number, faults: readonly Fault[]) => Promise<EndedRun>,
  { runs, over }: ShrinkBudget,
): Promise<Error> {
  const { seed, faults } = find.options;
  const isOver = (): boolean => over?.aborted === true;
  const isInterrupted = ({ error }: Failure): boolean => isOver() && error === over?.reason;
  // Plans that were not drawn are not to be shrunk; and what the end of the time interrupted is no find.
  if (faultsToReplay() !== undefined || isInterrupted(find.failure)) return errorOfRun(find);
  let best = find;
  let left = runs;
  let endedBy: string | undefined;
  const failing = async (plan: readonly Fault[]): Promise<FailedRun | undefined> => {
    const ended = await run(seed, plan).catch(() => undefined);
    const failure = ended?.world.failure;
    return ended === undefined || failure === undefined || isInterrupted(failure) ? undefined : { ...ended, failure };
  };
  await shrinkPlan(faults, async (plan) => {
    if (isOver()) endedBy = "`timeoutMs`";
    else if (left === 0) endedBy = `\`shrinkRuns\` (${runs})`;
    if (endedBy !== undefined) return false;
    left -= 1;
    const simpler = await failing(plan);
    if (simpler !== undefined) best = simpler;
    return simpler !== undefined;
  });
  const again = await failing(best.options.faults);
  const error = errorOfRun(best, { from: faults.length, endedBy });
  if (again !== undefined || isOver()) return error;
  const what = `Expected seed ${seed} to fail again: something in the test is not determined by the seed`;
  return new Error(what, { cause: error });
}

function errorOfRun({ world, failure, options }: FailedRun, shrunk?: Shrunk): SimulationError {
  return errorOf(world, failure, { ...options, shrunk });
}
