import { checkFaults } from "./check-faults.js";
import { formatMs } from "./trace.js";
import type { Simulation } from "./simulation.js";

/** `kill -9`, and a restart once it is over. */
export interface CrashFault {
  /** What it is. */
  readonly kind: "crash";
  /** Whom it strikes. */
  readonly host: string;
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds until the restart. */
  readonly lasts: number;
}

/** A garbage collection, a `SIGSTOP`, a suspended machine: nothing of the host runs, and the world goes on. */
export interface PauseFault {
  /** What it is. */
  readonly kind: "pause";
  /** Whom it strikes. */
  readonly host: string;
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds until the host goes on. */
  readonly lasts: number;
}

/** Messages between two hosts are lost: both ways, or only those from the first to the second. */
export interface PartitionFault {
  /** What it is. */
  readonly kind: "partition";
  /** The two hosts. */
  readonly between: readonly [string, string];
  /** Loses only what the first sends. */
  readonly oneWay?: boolean;
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds until the link heals. */
  readonly lasts: number;
}

/** Messages between two hosts are kept back, and delivered once it is over. */
export interface HoldFault {
  /** What it is. */
  readonly kind: "hold";
  /** The two hosts. */
  readonly between: readonly [string, string];
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds until the messages are let go. */
  readonly lasts: number;
}

/** Hosts are cut off one by one and healed in another order. */
export interface SwizzleFault {
  /** What it is. */
  readonly kind: "swizzle";
  /** Whom it strikes. */
  readonly hosts: readonly string[];
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds until all are healed. */
  readonly lasts: number;
}

/** A wall clock jumps, as one that is set does. */
export interface SkewFault {
  /** What it is. */
  readonly kind: "skew";
  /** Whom it strikes. */
  readonly host: string;
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds by which the wall clock jumps ahead; negative for back. */
  readonly by: number;
}

/** A host's clocks run too fast or too slow. */
export interface DriftFault {
  /** What it is. */
  readonly kind: "drift";
  /** Whom it strikes. */
  readonly host: string;
  /** Milliseconds from when the plan is applied. */
  readonly at: number;
  /** Milliseconds until they run as before. */
  readonly lasts: number;
  /** By how much they run faster: `0.05` gains 50 ms each second. */
  readonly rate: number;
}

/** One fault, as plain data: it can be generated, printed, shrunk and replayed. */
export type Fault = CrashFault | PauseFault | PartitionFault | HoldFault | SwizzleFault | SkewFault | DriftFault;

/**
 * Lets each fault of a plan strike at its time, counted from the call.
 *
 * @example
 * ```ts
 * import { applyFaults, simulate } from "keelson/simulation";
 *
 * let boots = 0;
 * await simulate({ seed: 1, duration: "10s" }, (sim) => {
 *   sim.host("api", ({ boot }) => { boots = boot; });
 *   applyFaults(sim, [{ kind: "crash", host: "api", at: 1_000, lasts: 500 }]);
 * });
 * boots // => 2
 * ```
 */
export function applyFaults(sim: Simulation, faults: readonly Fault[]): void {
  checkFaults("faults", faults);
  letStrike(sim, faults);
}

/** What {@link applyFaults} does with a plan that is known to be one. */
export function letStrike(sim: Simulation, faults: readonly Fault[]): void {
  for (const fault of faults) {
    sim.after(fault.at, () => {
      strike(sim, fault);
    });
  }
}

/** The hosts that a fault is about. */
export function struckHosts(fault: Fault): readonly string[] {
  if (fault.kind === "swizzle") return fault.hosts;
  return fault.kind === "partition" || fault.kind === "hold" ? fault.between : [fault.host];
}

function strike(sim: Simulation, fault: Fault): void {
  switch (fault.kind) {
    case "crash":
      sim.crash(fault.host, fault.lasts);
      break;
    case "pause":
      sim.pause(fault.host, fault.lasts);
      break;
    case "partition":
      sim.partition(...fault.between, { oneWay: fault.oneWay === true, lasts: fault.lasts });
      break;
    case "hold":
      sim.hold(...fault.between, { lasts: fault.lasts });
      break;
    case "swizzle":
      sim.swizzle(fault.hosts, fault.lasts);
      break;
    case "skew":
      sim.clockSkew(fault.host, fault.by);
      break;
    case "drift":
      sim.clockDrift(fault.host, fault.rate, fault.lasts);
  }
}

/**
 * A fault in words.
 *
 * @example
 * ```ts
 * import { describeFault } from "keelson/simulation";
 *
 * describeFault({ kind: "pause", host: "a", at: 1_200, lasts: 3_000 }) // => "at 1.200 s pause a for 3.000 s"
 * ```
 */
export function describeFault(fault: Fault): string {
  const lasts = "lasts" in fault ? ` for ${formatMs(fault.lasts)}` : "";
  return `at ${formatMs(fault.at)} ${what(fault)}${lasts}`;
}

function what(fault: Fault): string {
  switch (fault.kind) {
    case "crash":
    case "pause":
      return `${fault.kind} ${fault.host}`;
    case "partition":
      return `partition ${fault.between.join(fault.oneWay === true ? " to " : " and ")}`;
    case "hold":
      return `hold ${fault.between.join(" and ")}`;
    case "swizzle":
      return `swizzle ${fault.hosts.join(", ")}`;
    case "skew":
      return `skew the clock of ${fault.host} by ${fault.by < 0 ? "-" : ""}${formatMs(Math.abs(fault.by))}`;
    case "drift":
      return `drift the clocks of ${fault.host} by ${fault.rate}`;
  }
}
