import { currentRuntime, provideRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger, checkOneOf } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { type AmbientUse, guardAmbient } from "./ambient-guard.js";
import { divergenceOf, failureOf } from "./failure-report.js";
import { HostRuntime } from "./host-runtime.js";
import { checkFaults } from "./check-faults.js";
import { type Fault, applyFaults } from "./faults.js";
import type { HostMain } from "./host.js";
import { Network, type NetworkOptions } from "./network.js";
import { inTurn } from "./one-at-a-time.js";
import type { Order } from "./ready-set.js";
import { faultsToReplay, seedToReplay } from "./replay.js";
import { addHost } from "./add-host.js";
import { type Simulation, createSimulation } from "./simulation.js";
import { Trace } from "./trace.js";
import { World } from "./world.js";

const day = 86_400_000;

/** How a simulation runs. */
export interface SimulationOptions {
  /**
   * What everything follows from: order, latencies, losses, random numbers, ids. The environment variable
   * `KEELSON_SIM_SEED` takes precedence.
   *
   * @defaultValue `1`
   */
  readonly seed?: number | undefined;
  /**
   * How long the world runs in virtual time, whatever the test does. Without it, it ends when the test has returned and
   * every `eventually` has come true, after a virtual day at the latest.
   */
  readonly duration?: Duration | undefined;
  /** Which of the things that may happen comes next. @defaultValue `"random"` */
  readonly order?: Order | undefined;
  /** What raw timers, clocks and `Math.random` do in a host. @defaultValue `"throw"` */
  readonly ambient?: AmbientUse | undefined;
  /** How the network treats messages. */
  readonly net?: NetworkOptions | undefined;
  /** Runs everything twice and fails where the two runs part. @defaultValue `false` */
  readonly checkDeterminism?: boolean | undefined;
  /**
   * What becomes of a failure that nobody awaits, such as of a timer's function or a detached task: it fails the
   * simulation, or is only written into the trace.
   *
   * @defaultValue `"fail"`
   */
  readonly unhandled?: "fail" | "note" | undefined;
  /** Fails the simulation after this many events. @defaultValue `10_000_000` */
  readonly maxEvents?: number | undefined;
  /**
   * Faults that strike besides, each at its time from the start. The environment variable `KEELSON_SIM_FAULTS` takes
   * precedence.
   */
  readonly faults?: readonly Fault[] | undefined;
  /** How many faults the plan had before it was shrunk. @internal */
  readonly foundFaults?: number | undefined;
  /** What the test is called, for the command that replays it. */
  readonly name?: string | undefined;
}

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
  checkFunction("body", body);
  const { seed = 1, checkDeterminism = false, maxEvents = 10_000_000, unhandled = "fail" } = options;
  const used = seedToReplay() ?? seed;
  checkInteger("seed", used, 0);
  checkInteger("maxEvents", maxEvents, 1);
  checkOneOf("unhandled", unhandled, ["fail", "note"]);
  checkOneOf("ambient", options.ambient ?? "throw", ["throw", "virtual", "allow"]);
  if (isInHost()) throw new Error("Expected no simulation to be going on here: simulations do not nest");
  const faults = faultsToReplay() ?? options.faults ?? [];
  checkFaults(faults);
  const run = (trace: Trace): Promise<World> => runOnce({ ...options, seed: used, faults }, body, trace);
  return inTurn(async () => {
    const first = await run(new Trace({ record: checkDeterminism }));
    if (checkDeterminism) {
      const second = await run(new Trace({ record: true, against: first.trace }));
      const divergence = divergenceOf(second);
      if (divergence !== undefined) throw divergence;
    }
    const failure = failureOf(first, { ...options, faults });
    if (failure !== undefined) throw failure;
    const { events, time: virtualMs, trace, properties } = first;
    return { seed: used, events, virtualMs, traceHash: trace.hash, sometimes: properties.seen };
  });
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
): Promise<World> {
  const durationMs = duration === undefined ? undefined : toMs(duration, "duration");
  const failsOnReport = unhandled === "fail";
  const world = new World({ seed, order, durationMs, limitMs: day, maxEvents, failsOnReport, trace });
  const network = new Network(world, net);
  const onRejection = (reason: unknown): void => {
    const whose = world.active === undefined ? "outside every host" : `of host "${world.active.host}"`;
    world.fail(`a promise ${whose} was rejected and nobody awaits it`, reason);
  };
  const provided = provideRuntime(world);
  const guarded = guardAmbient(ambient, world);
  process.on("unhandledRejection", onRejection);
  try {
    const test: HostMain = (context) => {
      const sim = createSimulation(world, network, context);
      applyFaults(sim, faults);
      return body(sim);
    };
    addHost(world, network, "test", test, {});
    await world.run();
  } finally {
    process.off("unhandledRejection", onRejection);
    guarded[Symbol.dispose]();
    provided[Symbol.dispose]();
  }
  return world;
}
