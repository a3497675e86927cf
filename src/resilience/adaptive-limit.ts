import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger, checkNumber, checkObject } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { isKeelsonError } from "../core/errors.js";
import type { Runtime } from "../core/runtime.js";
import { ask } from "./ask.js";
import { type Bulkhead } from "./bulkhead.js";
import { Call } from "./call.js";
import { type LimitAlgorithm, gradient2 } from "./limit-algorithm.js";
import { limit } from "./limit.js";
import { start } from "./race.js";

/** How {@link adaptiveLimit} finds its limit. */
export interface AdaptiveLimitOptions {
  /** What moves the limit: `aimd()`, `vegas()`, `gradient2()` or one of your own. @defaultValue `gradient2()` */
  readonly algorithm?: LimitAlgorithm;
  /** How many calls may wait; further ones are refused with a `QueueFullError`. @defaultValue `0` */
  readonly queue?: number;
  /** The least time between two changes. @defaultValue `"1s"` */
  readonly window?: Duration;
  /** The least number of calls between two changes. @defaultValue `10` */
  readonly minSamples?: number;
  /** Tells an error by which an overloaded other side drops a call; other failures say nothing. @defaultValue timeouts */
  readonly isDrop?: (error: unknown) => boolean;
  /** Clock, timers and randomness. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** A bulkhead whose size follows what the other side bears. */
export interface AdaptiveLimit extends Bulkhead {
  /** How many calls may run at a time now. */
  readonly concurrency: number;
}

/**
 * Makes a {@link Bulkhead} that finds its own size, from how long calls take and whether they are dropped.
 *
 * @remarks Share one among the callers of one dependency. It reads the clock twice a call.
 * @throws QueueFullError from `execute`, when as many wait as may.
 *
 * @example
 * ```ts
 * import { adaptiveLimit, aimd } from "keelson/resilience";
 *
 * const backend = adaptiveLimit({ algorithm: aimd({ initial: 10 }), queue: 100 });
 * await backend.execute(() => "answer") // => "answer"
 * backend.concurrency // => 10
 * ```
 */
export function adaptiveLimit(options: AdaptiveLimitOptions = {}): AdaptiveLimit {
  const { algorithm = gradient2(), queue = 0, minSamples = 10, isDrop = isTimeout } = options;
  const runtime = options.runtime ?? currentRuntime();
  checkObject("algorithm", algorithm);
  checkNumber("algorithm.initial", algorithm.initial, 1);
  checkFunction("algorithm.update", (algorithm as { readonly update: unknown }).update);
  checkInteger("minSamples", minSamples, 1);
  checkFunction("isDrop", isDrop);
  const windowMs = toMs(options.window ?? "1s", "window");
  const gate = limit(Math.floor(algorithm.initial), { queue, runtime });
  let exact = algorithm.initial;
  let window = emptyWindow(runtime.now());

  const add = (inflight: number, rttMs: number | "dropped"): void => {
    window.inflight = Math.max(window.inflight, inflight);
    // A refusal is quick and a timeout slow: neither says how long an answer takes.
    if (rttMs === "dropped") {
      window.drops += 1;
    } else {
      window.answers += 1;
      window.totalMs += rttMs;
    }
    const { begun, answers, drops, totalMs, inflight: most } = window;
    if (answers + drops < minSamples || runtime.now() - begun < windowMs) return;
    const random = (): number => runtime.random();
    const rttMean = answers === 0 ? 0 : totalMs / answers;
    const sample = { limit: exact, rttMs: rttMean, inflight: most, dropped: drops > 0, random };
    exact = algorithm.update(sample);
    gate.concurrency = Math.max(1, Math.floor(exact));
    window = emptyWindow(runtime.now());
  };

  return {
    name: "adaptiveLimit",
    get active() {
      return gate.active;
    },
    get pending() {
      return gate.pending;
    },
    get concurrency() {
      return gate.concurrency;
    },
    execute(fn, callOptions) {
      checkFunction("fn", fn);
      const call = Call.of(callOptions);
      if (call.abandoned !== undefined) return Promise.reject(call.abandoned.reason);
      const measured = async () => {
        const begun = runtime.now();
        const inflight = gate.active;
        try {
          const value = await start(fn, call);
          add(inflight, runtime.now() - begun);
          return value;
        } catch (error) {
          if (call.abandoned === undefined && ask(error, () => isDrop(error))) add(inflight, "dropped");
          throw error;
        }
      };
      return gate(measured, call.isAbortable ? { signal: call.signal } : undefined);
    },
  };
}

function isTimeout(error: unknown): boolean {
  return isKeelsonError(error, "TIMEOUT") || (error instanceof Error && error.name === "TimeoutError");
}

interface Window {
  readonly begun: number;
  answers: number;
  drops: number;
  totalMs: number;
  inflight: number;
}

function emptyWindow(begun: number): Window {
  return { begun, answers: 0, drops: 0, totalMs: 0, inflight: 0 };
}
