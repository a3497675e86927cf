import { type ResourceClient, setCondition } from "../../resources/index.js";
import { conditionOf } from "../instances.js";
import type { Instance, InstanceExit } from "../kinds/instance.js";
import type { RunExit } from "./workload-runtime.js";

/** Whether an instance is ready, and why. */
export interface Readiness {
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

/** What a supervisor knows of its instance. */
export interface InstanceState {
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly ready: Readiness;
  readonly restarts: number;
  readonly pid?: number | undefined;
  readonly port?: number | undefined;
  readonly startedAt?: string | undefined;
  readonly lastExit?: InstanceExit | undefined;
  readonly message?: string | undefined;
}

export function ready(reason: string, message: string): Readiness {
  return { status: "True", reason, message };
}

export function notReady(reason: string, message: string): Readiness {
  return { status: "False", reason, message };
}

/** What is not started yet. */
export const starting: Readiness = { status: "False", reason: "Starting", message: "not started yet" };

/** What an agent, maybe one before this one, said last. */
export function lastReadiness(instance: Instance): Readiness {
  const { status, reason = "", message = "" } = conditionOf(instance, "Ready") ?? {};
  return status === "True" || status === "False" ? { status, reason, message } : starting;
}

/** How a run ended, for the status. */
export function recorded({ code, signal, reason, message }: RunExit, at: string): InstanceExit {
  return {
    ...(code === undefined ? {} : { code }),
    ...(signal === undefined ? {} : { signal }),
    reason: reason ?? signal ?? (code === 0 ? "Completed" : "Error"),
    ...(message === undefined ? {} : { message }),
    at,
  };
}

/** How a run ended, for a person. */
export function described({ code, signal, message }: RunExit): string {
  const how = signal === undefined ? `ended with code ${String(code ?? "unknown")}` : `ended by ${signal}`;
  return message === undefined ? how : `${how}: ${message}`;
}

/**
 * Writes what is known of an instance into its status. Its own condition alone: the others are other writers', and may
 * have changed meanwhile.
 *
 * @throws NotFoundError also when another object has the instance's name by now.
 */
export async function writeStatus(
  instance: Instance,
  state: InstanceState,
  client: ResourceClient,
  now: number,
): Promise<void> {
  const { ready: readiness, phase, restarts, pid, port, startedAt, lastExit, message } = state;
  const conditions = setCondition([], { type: "Ready", ...readiness }, new Date(now));
  const observedGeneration = instance.metadata.generation;
  await client.patchStatus(instance, {
    observedGeneration,
    phase,
    restarts,
    pid,
    port,
    startedAt,
    lastExit,
    message,
    conditions,
  });
}
