import { runSimulation } from "./run-simulation.js";
import type { Simulation } from "./simulation.js";
import type { SimulationOptions } from "./simulation-options.js";

/** What a simulation that did not fail came to. */
export interface SimulationReport {
  /** The seed it followed from. */
  readonly seed: number;
  /** How many events ran. */
  readonly events: number;
  /** Virtual milliseconds that passed. */
  readonly virtualMs: number;
  /** Fingerprint of all of it: the same seed gives the same one, on every machine. */
  readonly traceHash: string;
  /** How often each `sometimes` was seen. */
  readonly sometimes: Readonly<Record<string, number>>;
}

/**
 * Runs a test in a virtual world that follows from a seed: hosts, clocks, network, disks, faults, and the order in
 * which everything happens.
 *
 * @remarks
 * Every wakeup of keelson's primitives is an event; which of those that are ready comes next is up to the seed. Time
 * jumps to the next timer when nothing is ready. Simulations of one thread run one after another. Not explored: the
 * order within one wakeup's promise chain, worker threads, preemption; it is sampling, not proof.
 * @throws SimulationError when the test, a host or a property fails, with all that is needed to replay it.
 * @throws NondeterminismError when `checkDeterminism` finds two runs that differ.
 *
 * @example
 * ```ts
 * import { simulate } from "keelson/simulation";
 * import { sleep } from "keelson/time";
 *
 * const ticks: string[] = [];
 * const { virtualMs } = await simulate({ seed: 3, duration: "1h" }, (sim) => {
 *   sim.host("slow", async () => { await sleep("45m"); ticks.push("slow"); });
 *   sim.host("fast", async () => { await sleep("5m"); ticks.push("fast"); });
 * });
 * ticks // => ["fast", "slow"]
 * virtualMs // => 3_600_000
 * ```
 */
export async function simulate(
  options: SimulationOptions,
  body: (sim: Simulation) => unknown,
): Promise<SimulationReport> {
  return await runSimulation(options, body);
}
