import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { HealthCheck } from "./health-check.js";
import { since } from "./since.js";

/** What a controller has done and has before it; a `Manager` counts it. */
export interface ControllerCounts {
  /** Keys that could run now. */
  readonly ready: number;
  /** Reconciles that run now. */
  readonly running: number;
  /** Reconciles that have ended. */
  readonly ended: number;
}

/** What {@link controllerProgress} asks; a `Manager` has it. */
export interface ControllersLike {
  /** For each controller, what it has done and has before it. */
  controllerCounts(): Readonly<Record<string, ControllerCounts>>;
}

/** When {@link controllerProgress} fails. */
export interface ControllerProgressOptions {
  /** How long a controller with work may end no reconcile. @defaultValue `"5m"` */
  readonly failAfter?: Duration | undefined;
  /** Clock. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Whether controllers that have work get on with it; a reconcile that never ends blocks its controller for good.
 *
 * @remarks It looks only when it is asked, so probe it more often than `failAfter`.
 *
 * @example
 * ```ts
 * import { controllerProgress } from "keelson/health";
 *
 * const check = controllerProgress({ controllerCounts: () => ({ rollout: { ready: 3, running: 1, ended: 42 } }) });
 * await check({ signal: new AbortController().signal }) // => { status: "pass" }
 * ```
 */
export function controllerProgress(manager: ControllersLike, options: ControllerProgressOptions = {}): HealthCheck {
  const { runtime = currentRuntime() } = options;
  const failAfterMs = toMs(options.failAfter ?? "5m", "failAfter");
  const seen = new Map<string, { ended: number; readonly stuck: (isSo: boolean) => number }>();
  return () => {
    const stuck = Object.entries(manager.controllerCounts()).filter(([name, { ready, running, ended }]) => {
      const before = seen.get(name) ?? { ended: -1, stuck: since(runtime) };
      seen.set(name, before);
      const hasMoved = ended !== before.ended;
      if (hasMoved) before.stuck(false);
      before.ended = ended;
      return before.stuck(ready + running > 0) >= failAfterMs;
    });
    if (stuck.length === 0) return { status: "pass" };
    return { status: "fail", message: `no progress in ${stuck.map(([name]) => name).join(", ")}` };
  };
}
