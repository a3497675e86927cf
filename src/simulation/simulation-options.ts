import { checkInteger, checkKnown, checkOneOf } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import type { AmbientUse } from "./ambient-guard.js";
import type { Fault } from "./faults.js";
import type { NetworkOptions } from "./network.js";
import type { Order } from "./ready-set.js";

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
  /** What the test is called, for the command that replays it. */
  readonly name?: string | undefined;
}

/** What is one run's own among many. */
type OfOneRun = "seed" | "faults" | "name";

/** Every name that a {@link SimulationOptions} has but those of one run. */
export const seriesOptions: Readonly<Record<Exclude<keyof SimulationOptions, OfOneRun>, true>> = {
  duration: true,
  order: true,
  ambient: true,
  net: true,
  checkDeterminism: true,
  unhandled: true,
  maxEvents: true,
};

/** Refuses what is none. The network, the order and the faults are checked by those who use them. */
export function checkOptions(options: SimulationOptions): void {
  checkKnown("options", options, { ...seriesOptions, seed: true, faults: true, name: true });
  const { seed = 1, duration = 0, ambient = "throw", unhandled = "fail", maxEvents = 1 } = options;
  checkInteger("seed", seed, 0);
  toMs(duration, "duration");
  checkOneOf("ambient", ambient, ["throw", "virtual", "allow"]);
  checkOneOf("unhandled", unhandled, ["fail", "note"]);
  checkInteger("maxEvents", maxEvents, 1);
}
