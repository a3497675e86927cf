import { formatChain } from "../core/context.js";
import { AmbientUseError, NondeterminismError, SimulationError } from "./errors.js";
import { type Fault, describeFault } from "./faults.js";
import { replayCommand } from "./replay.js";
import { formatMs } from "./trace.js";
import type { Failure, World } from "./world.js";

/** What a failure's report says of how it was run. */
export interface RunDescription {
  readonly name?: string | undefined;
  readonly faults: readonly Fault[];
  readonly shrunk?: Shrunk | undefined;
}

/** How a plan was shrunk. */
export interface Shrunk {
  /** How many faults there were before. */
  readonly from: number;
  /** What ended it before it had come to its own end. */
  readonly endedBy?: string | undefined;
}

/** The error of a run, if it failed. */
export function failureOf(world: World, run: RunDescription): SimulationError | undefined {
  return world.failure === undefined ? undefined : errorOf(world, world.failure, run);
}

/** The error of a run that failed: all that a person needs to see why. */
export function errorOf(
  { options: { seed }, trace, events, time }: World,
  { where, error }: Failure,
  { name, faults, shrunk }: RunDescription,
): SimulationError {
  const message = error instanceof Error ? error.message : String(error);
  const lines = trace.lastLines();
  const text = [
    where === undefined ? message : `${where}: ${message}`,
    ...causes(error),
    ...callSite(error),
    "",
    `seed ${seed}, event ${events}, virtual time ${formatMs(time)}, trace ${trace.hash}`,
    ...describePlan(faults, shrunk),
    `replay: ${replayCommand(seed, faults, name)}`,
    "",
    `last ${lines.length} of ${trace.length} lines of the trace:`,
    ...lines.map((line) => `  ${line}`),
  ].join("\n");
  return new SimulationError(text, { seed, events, virtualMs: time, traceHash: trace.hash }, { cause: error });
}

/** What is beneath an error, a line each. */
function causes(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const beneath = [...parts, error.cause].filter((part) => part !== undefined);
  return beneath.flatMap((part) => `caused by ${formatChain(part)}`.split("\n")).map((line) => `  ${line}`);
}

/** Where the real world was asked: some test runners do not show the stack of a cause. */
function callSite(error: unknown): readonly string[] {
  if (!(error instanceof AmbientUseError)) return [];
  const frames = (error.stack ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    at ") && !line.includes("(node:"));
  return frames.slice(0, 4);
}

function describePlan(faults: readonly Fault[], shrunk: Shrunk | undefined): readonly string[] {
  if (faults.length === 0 && shrunk === undefined) return [];
  const from = shrunk === undefined ? "" : `, shrunk from ${shrunk.from} to ${faults.length}`;
  const end = shrunk?.endedBy === undefined ? "" : `, as far as ${shrunk.endedBy} let it`;
  return [
    `faults${from}${end}:`,
    ...(faults.length === 0 ? ["  none: it fails without"] : faults.map((fault) => `  ${describeFault(fault)}`)),
  ];
}

/** The error of two runs that differ. */
export function divergenceOf(world: World): NondeterminismError | undefined {
  const { divergence } = world.trace;
  if (divergence === undefined) return undefined;
  return new NondeterminismError(
    [
      `two runs of seed ${world.options.seed} part at line ${divergence.number}: a host asks the real world`,
      `  first run:  ${divergence.first}`,
      `  second run: ${divergence.second}`,
      "look for Math.random(), Date.now(), raw timers, unordered real I/O, or state kept between runs, just before",
    ].join("\n"),
  );
}
