import type { Runtime } from "../../core/index.js";
import { timeout } from "../../time/index.js";
import type { Probe } from "../kinds/instance-spec.js";

/** Asks a process on this machine once; `undefined` when it passes, else what was wrong. */
export async function probeOnce(probe: Probe, port: number, runtime: Runtime): Promise<string | undefined> {
  const url = `http://127.0.0.1:${String(port)}${probe.path}`;
  try {
    const response = await timeout(
      (probe.timeoutSeconds ?? 1) * 1_000,
      ({ signal }) => runtime.real(() => fetch(url, { signal, redirect: "manual" })),
      { runtime },
    );
    await response.body?.cancel();
    return response.status >= 200 && response.status < 400
      ? undefined
      : `GET ${url} answered ${String(response.status)}`;
  } catch (error) {
    return `GET ${url} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Probes until the signal aborts, and tells whenever the verdict changes: one pass makes ready, `failureThreshold`
 * failures in a row make unready.
 */
export async function watchProbe(
  probe: Probe,
  port: number,
  { runtime, signal, onVerdict }: ProbeTools,
): Promise<void> {
  const { periodSeconds = 10, failureThreshold = 3, initialDelaySeconds = 0 } = probe;
  let failures = 0;
  let verdict: boolean | undefined;
  await runtime.sleep(initialDelaySeconds * 1_000, { signal });
  while (!signal.aborted) {
    const problem = await probeOnce(probe, port, runtime);
    signal.throwIfAborted();
    failures = problem === undefined ? 0 : failures + 1;
    if (problem === undefined && verdict !== true) onVerdict((verdict = true));
    else if (failures >= failureThreshold && verdict !== false) onVerdict((verdict = false), problem);
    await runtime.sleep(periodSeconds * 1_000, { signal });
  }
}

/** What a running probe needs. */
export interface ProbeTools {
  readonly runtime: Runtime;
  readonly signal: AbortSignal;
  readonly onVerdict: (ready: boolean, problem?: string) => void;
}
