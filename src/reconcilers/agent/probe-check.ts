import { connect } from "node:net";
import { onAbort } from "../../core/abort-hub.js";
import { type Runtime, TimeoutError } from "../../core/index.js";
import { timeout } from "../../time/index.js";
import type { Probe } from "../kinds/instance-spec.js";
import type { RunId, WorkloadRuntime } from "./workload-runtime.js";

/** Whom to ask. */
export interface ProbeTarget {
  readonly run: RunId;
  /** The instance's own port. */
  readonly port: number | undefined;
  readonly workloads: WorkloadRuntime;
  readonly runtime: Runtime;
}

/**
 * Asks once; `undefined` when it passes, else what was wrong.
 *
 * @internal
 */
export async function checkProbe(probe: Probe, target: ProbeTarget, signal: AbortSignal): Promise<string | undefined> {
  const { runtime } = target;
  const ms = (probe.timeoutSeconds ?? 1) * 1_000;
  const [what, ask] = wayOf(probe, target);
  try {
    const problem = await timeout(ms, (asked) => ask(asked.signal), { runtime, signal });
    return problem === undefined ? undefined : `${what} ${problem}`;
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof TimeoutError) return `${what} took longer than ${String(ms)} ms`;
    return `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

type Ask = (signal: AbortSignal) => Promise<string | undefined>;

function wayOf(probe: Probe, { run, port: own, workloads, runtime }: ProbeTarget): readonly [what: string, ask: Ask] {
  const { path, exec, port = own } = probe;
  if (exec !== undefined) {
    const ask: Ask = async (signal) => {
      const code = await workloads.exec(run, exec, { signal });
      return code === 0 ? undefined : `ended with code ${String(code)}`;
    };
    return [exec.join(" "), ask];
  }
  if (port === undefined) return ["the probe", () => Promise.resolve("has no port to ask: give it one, or spec.port")];
  if (path === undefined)
    return [`connecting to port ${String(port)}`, (signal) => runtime.real(() => dial(port, signal))];
  const url = `http://127.0.0.1:${String(port)}${path}`;
  return [`GET ${url}`, (signal) => runtime.real(() => get(url, signal))];
}

async function get(url: string, signal: AbortSignal): Promise<string | undefined> {
  // A connection each time: a kept one may be closed by the other side just as it is asked again.
  const response = await fetch(url, { signal, redirect: "manual", headers: { connection: "close" } });
  await response.body?.cancel();
  return response.status >= 200 && response.status < 400 ? undefined : `answered ${String(response.status)}`;
}

function dial(port: number, signal: AbortSignal): Promise<undefined> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const registration = onAbort(signal, { aborted: () => socket.destroy() });
    socket.once("connect", () => {
      socket.destroy();
      done(undefined);
    });
    socket.once("error", fail);
    socket.once("close", () => {
      registration.unlink();
      fail(signal.reason);
    });
  });
}
