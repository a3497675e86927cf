import type { Reference } from "./reconciler-faults.js";
import type { ReconcilerFault } from "./reconciler-scenario.js";

/** Places at which a controller can crash, each right after one of its writes. */
export interface CrashPointsReport {
  /** Those at which it did. */
  readonly tried: number;
  /** All there were: for each controller, the writes of the run in which it wrote most. */
  readonly of: number;
}

/** Counts at which writes controllers have crashed. */
export class CrashPoints {
  readonly #most = new Map<string, number>();
  readonly #tried = new Set<string>();

  /** Takes notice of one run without a fault, and of the fault of the next. */
  add(writes: Reference["writes"], fault: ReconcilerFault): void {
    for (const [name, count] of writes) this.#most.set(name, Math.max(count, this.#most.get(name) ?? 0));
    if (fault.kind === "crash") this.#tried.add(`${fault.controller} ${String(fault.afterWrite)}`);
  }

  report(): CrashPointsReport {
    let all = 0;
    for (const count of this.#most.values()) all += count;
    return { tried: this.#tried.size, of: all };
  }
}
