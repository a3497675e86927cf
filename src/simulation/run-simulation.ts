import { currentRuntime, provideRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import { toMs } from "../core/duration.js";
import { addHost } from "./add-host.js";
import { guardAmbient } from "./ambient-guard.js";
import { checkFaults } from "./check-faults.js";
import { divergenceOf, failureOf } from "./failure-report.js";
import { type Fault, letStrike, struckHosts } from "./faults.js";
import { unknownHost } from "./fault-injection.js";
import { HostRuntime } from "./host-runtime.js";
import type { HostMain } from "./host.js";
import { Network } from "./network.js";
import { inTurn } from "./one-at-a-time.js";
import { faultsToReplay, seedToReplay } from "./replay.js";
import type { SimulationReport } from "./simulate.js";
import { type SimulationOptions, checkOptions } from "./simulation-options.js";
import { type Simulation, createSimulation } from "./simulation.js";
import type { TimeLimit } from "./time-limit.js";
import { Trace } from "./trace.js";
import { World } from "./world.js";

const day = 86_400_000;

/** A run that is over, failed or not, and what it was run with. */
export interface EndedRun {
  readonly world: World;
  readonly options: SimulationOptions & { readonly seed: number; readonly faults: readonly Fault[] };
}

/** What `simulate` does, and those do that run many simulations. */
export async function runSimulation(
  options: SimulationOptions,
  body: (sim: Simulation) => unknown,
  limit?: TimeLimit,
): Promise<SimulationReport> {
  return reportOf(await runToEnd(options, body, limit));
}

/**
 * What a run came to.
 *
 * @throws SimulationError when it failed.
 */
export function reportOf({ world, options }: EndedRun): SimulationReport {
  const failure = failureOf(world, options);
  if (failure !== undefined) throw failure;
  const { events, time: virtualMs, trace, properties } = world;
  return { seed: options.seed, events, virtualMs, traceHash: trace.hash, sometimes: properties.seen };
}

/** Runs a simulation until it is over, by itself or because the real time of all of its series is. */
export async function runToEnd(
  options: SimulationOptions,
  body: (sim: Simulation) => unknown,
  limit?: TimeLimit,
): Promise<EndedRun> {
  checkFunction("body", body);
  checkOptions(options);
  const replayed = faultsToReplay();
  const used = { ...options, seed: seedToReplay() ?? options.seed ?? 1, faults: replayed ?? options.faults ?? [] };
  if (replayed === undefined) checkFaults("faults", used.faults);
  if (isInHost()) throw new Error("Expected no simulation to be going on here: simulations do not nest");
  const run = (trace: Trace): Promise<World> => runOnce(used, body, trace, limit?.signal);
  limit?.begin(used.seed);
  return inTurn(async () => {
    const first = await run(new Trace({ record: used.checkDeterminism === true }));
    if (used.checkDeterminism === true) {
      const second = await run(new Trace({ record: true, against: first.trace }));
      const divergence = divergenceOf(second);
      if (divergence !== undefined) throw divergence;
    }
    return { world: first, options: used };
  }, limit?.signal);
}

/** Whether the code that runs belongs to a simulated host. */
function isInHost(): boolean {
  try {
    return currentRuntime() instanceof HostRuntime;
  } catch {
    return false; // another simulation of this thread is between two events
  }
}

async function runOnce(
  {
    faults = [],
    seed = 1,
    duration,
    order = "random",
    ambient = "throw",
    net = {},
    unhandled = "fail",
    maxEvents = 1e7,
  }: SimulationOptions,
  body: (sim: Simulation) => unknown,
  trace: Trace,
  signal: AbortSignal | undefined,
): Promise<World> {
  const durationMs = duration === undefined ? undefined : toMs(duration, "duration");
  const failsOnReport = unhandled === "fail";
  const world = new World({ seed, order, durationMs, limitMs: day, maxEvents, failsOnReport, trace });
  const network = new Network(world, net);
  const onRejection = (reason: unknown): void => {
    const whose = world.active === undefined ? "outside every host" : `of host "${world.active.host}"`;
    world.fail(`a promise ${whose} was rejected and nobody awaits it`, reason);
  };
  const interrupt = (): void => {
    world.interrupt(signal?.reason);
  };
  const provided = provideRuntime(world);
  const guarded = guardAmbient(ambient, world);
  process.on("unhandledRejection", onRejection);
  signal?.addEventListener("abort", interrupt);
  try {
    const test: HostMain = (context) => {
      const sim = createSimulation(world, network, context);
      letStrike(sim, faults);
      return body(sim);
    };
    addHost(world, network, "test", test, {});
    await world.run();
  } finally {
    signal?.removeEventListener("abort", interrupt);
    process.off("unhandledRejection", onRejection);
    guarded[Symbol.dispose]();
    provided[Symbol.dispose]();
  }
  const stranger = faults.flatMap(struckHosts).find((name) => !world.hosts.has(name));
  if (stranger !== undefined) world.fail("the plan of faults is wrong", unknownHost(world, stranger));
  return world;
}
