import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { HealthCheck } from "./health-check.js";
import { type Thresholds, levelOf } from "./thresholds.js";

/** When {@link eventLoopLag} warns and fails. */
export interface EventLoopLagOptions extends Thresholds<Duration> {
  /** How often it is measured. @defaultValue `"500ms"` */
  readonly every?: Duration | undefined;
  /** The timers that are watched. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** How many measurements are looked back at. */
const kept = 10;

/**
 * How late timers come, at worst within the last measurements: work that blocks the event loop makes everything late.
 *
 * @remarks Measures from the call on, by a timer that keeps no process alive; disposing the check stops it.
 *
 * @example
 * ```ts
 * import { createHealth, eventLoopLag } from "keelson/health";
 *
 * using health = createHealth();
 * health.check("event loop", eventLoopLag({ warn: "200ms", fail: "2s" }), { kinds: ["live", "ready"] });
 * (await health.report("live")).checks[0]?.name // => "event loop"
 * ```
 */
export function eventLoopLag(options: EventLoopLagOptions = {}): HealthCheck & Disposable {
  const { runtime = currentRuntime() } = options;
  const everyMs = toMs(options.every ?? "500ms", "every");
  const warn = toMs(options.warn ?? "100ms", "warn");
  const fail = toMs(options.fail ?? "1s", "fail");
  const lags: number[] = [];
  let due = runtime.now() + everyMs;
  const late = (): number => Math.max(0, runtime.now() - due);
  const timer = runtime.timer(
    everyMs,
    () => {
      lags.push(late());
      if (lags.length > kept) lags.shift();
      due = runtime.now() + everyMs;
      timer.reset(everyMs);
      timer.unref();
    },
    "event loop lag",
  );
  timer.unref();
  const check: HealthCheck = () => {
    const lagMs = Math.round(Math.max(late(), ...lags));
    return {
      status: levelOf(lagMs, { warn, fail }),
      message: `timers came up to ${String(lagMs)} ms late`,
      details: { lagMs },
    };
  };
  return Object.assign(check, {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
    },
  });
}
