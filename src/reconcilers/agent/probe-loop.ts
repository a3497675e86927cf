import { LinkedSignal } from "../../core/linked-signal.js";
import type { Probe } from "../kinds/instance-spec.js";
import { type ProbeTarget, checkProbe } from "./probe-check.js";

/** Told when a probe begins to pass or to fail. */
export type OnVerdict = (passes: boolean, problem: string) => void;

/**
 * Probes until the signal aborts, and tells whenever the verdict changes: `successThreshold` passes in a row, or
 * `failureThreshold` failures.
 *
 * @internal
 */
export async function watchProbe(
  probe: Probe,
  target: ProbeTarget,
  signal: AbortSignal,
  onVerdict: OnVerdict,
): Promise<void> {
  const { periodSeconds = 10, successThreshold = 1, failureThreshold = 3, initialDelaySeconds = 0 } = probe;
  const { runtime } = target;
  let [passes, failures] = [0, 0];
  let verdict: boolean | undefined;
  await runtime.sleep(initialDelaySeconds * 1_000, { signal });
  for (;;) {
    const problem = await checkProbe(probe, target, signal);
    signal.throwIfAborted(); // what it found is of a run that is over
    [passes, failures] = problem === undefined ? [passes + 1, 0] : [0, failures + 1];
    if (passes >= successThreshold && verdict !== true) onVerdict((verdict = true), "");
    else if (failures >= failureThreshold && verdict !== false) onVerdict((verdict = false), problem ?? "");
    await runtime.sleep(periodSeconds * 1_000, { signal });
  }
}

/** What comes of an instance's probes. */
export interface ProbeListener {
  readonly onReady: OnVerdict;
  /** The process is to be ended, and started again. */
  readonly onSick: (reason: "StartupFailed" | "LivenessFailed", problem: string) => void;
}

/** An instance's probes. */
export interface Probes {
  readonly startup?: Probe | undefined;
  readonly liveness?: Probe | undefined;
  readonly readiness?: Probe | undefined;
}

/**
 * Runs an instance's probes until the signal aborts: liveness and readiness once startup has passed.
 *
 * @internal
 */
export async function watchProbes(
  { startup, liveness, readiness }: Probes,
  target: ProbeTarget,
  signal: AbortSignal,
  { onReady, onSick }: ProbeListener,
): Promise<void> {
  if (startup !== undefined) await untilStarted(startup, target, signal, onSick);
  if (readiness === undefined) onReady(true, "");
  const watches = [
    ...(readiness === undefined ? [] : [watchProbe(readiness, target, signal, onReady)]),
    ...(liveness === undefined
      ? []
      : [
          watchProbe(liveness, target, signal, (passes, problem) => {
            if (!passes) onSick("LivenessFailed", problem);
          }),
        ]),
  ];
  await Promise.all(watches);
}

/** Resolves once the startup probe has passed. */
async function untilStarted(
  startup: Probe,
  target: ProbeTarget,
  signal: AbortSignal,
  onSick: ProbeListener["onSick"],
): Promise<void> {
  const passed = new LinkedSignal(signal);
  try {
    await watchProbe(startup, target, passed.signal, (passes, problem) => {
      if (passes) passed.abort(hasPassed);
      else onSick("StartupFailed", problem);
    });
  } catch (error) {
    if (error !== hasPassed) throw error;
  } finally {
    passed[Symbol.dispose]();
  }
}

const hasPassed: unique symbol = Symbol("the startup probe has passed");
