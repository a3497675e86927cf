import nodeProcess from "node:process";
import { getHeapStatistics } from "node:v8";
import { checkNumber } from "../core/check.js";
import type { HealthCheck } from "./health-check.js";
import { type Thresholds, levelOf } from "./thresholds.js";

/** What {@link memory} judges by, in bytes. */
export interface MemoryUse {
  /** What live and uncollected objects take. */
  readonly heapUsed: number;
  /** What V8 lets the heap grow to before the process dies. */
  readonly heapLimit: number;
  /** What the process takes altogether. */
  readonly rss: number;
  /** What the container may take before it is killed; `Infinity` without a limit. */
  readonly rssLimit: number;
}

/** When {@link memory} warns and fails, as shares of what the process may take; `warn` is 0.8, `fail` 0.95 if unset. */
export interface MemoryOptions extends Thresholds<number> {
  /** Reads the figures. @defaultValue the process's */
  readonly read?: (() => MemoryUse) | undefined;
}

/**
 * How near the process is to the end of its memory: of V8's heap, or of its container.
 *
 * @example
 * ```ts
 * import { memory } from "keelson/health";
 *
 * const read = () => ({ heapUsed: 90, heapLimit: 100, rss: 100, rssLimit: Infinity });
 * const check = memory({ warn: 0.8, fail: 0.95, read });
 * await check({ signal: new AbortController().signal }) // => { status: "warn", message: "90 % of the heap is in use", details: { heapUsed: 90, heapLimit: 100, rss: 100 } }
 * ```
 */
export function memory({ warn = 0.8, fail = 0.95, read = readUse }: MemoryOptions = {}): HealthCheck {
  checkNumber("warn", warn, 0);
  checkNumber("fail", fail, 0);
  return () => {
    const { heapUsed, heapLimit, rss, rssLimit } = read();
    const heap = heapUsed / heapLimit;
    const whole = rss / rssLimit;
    const [share, what] = heap >= whole ? [heap, "the heap"] : [whole, "the container's memory"];
    const limits = Number.isFinite(rssLimit) ? { rssLimit } : {};
    return {
      status: levelOf(share, { warn, fail }),
      message: `${String(Math.round(share * 100))} % of ${what} is in use`,
      details: { heapUsed, heapLimit, rss, ...limits },
    };
  };
}

function readUse(): MemoryUse {
  const { heapUsed, rss } = nodeProcess.memoryUsage();
  // 0, or more than there can be, where no limit is set.
  const limit = nodeProcess.constrainedMemory();
  const rssLimit = limit > 0 && limit < Number.MAX_SAFE_INTEGER ? limit : Number.POSITIVE_INFINITY;
  return { heapUsed, heapLimit: getHeapStatistics().heap_size_limit, rss, rssLimit };
}
