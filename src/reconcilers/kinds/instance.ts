import type { Resources, Toleration } from "../../scheduler/index.js";
import { type BaseStatus, type Kind, type ResourceOf, defineKind } from "../../resources/index.js";
import { schemas } from "./instance-schema.js";

/** How to ask a process over HTTP whether it is ready. */
export interface Probe {
  /** The path of a GET; any 2xx or 3xx answer passes. */
  readonly path: string;
  /** Seconds between two probes. @defaultValue `10` */
  readonly periodSeconds?: number | undefined;
  /** Seconds an answer may take. @defaultValue `1` */
  readonly timeoutSeconds?: number | undefined;
  /** Failures in a row before the instance is no longer ready. @defaultValue `3` */
  readonly failureThreshold?: number | undefined;
  /** Seconds after the start before the first probe. @defaultValue `0` */
  readonly initialDelaySeconds?: number | undefined;
}

/** One process, as it is to run. */
export interface InstanceSpec {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Environment variables, beside `PORT`, `KEELSON_INSTANCE` and `KEELSON_NODE`. @defaultValue none */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** The working directory. @defaultValue the agent's */
  readonly cwd?: string | undefined;
  /** The port it serves, handed over as `PORT`; 0 lets the agent pick a free one. @defaultValue none */
  readonly port?: number | undefined;
  /** What it needs: `cpu` in thousandths of a core, `memory` in bytes. @defaultValue nothing */
  readonly resources?: Resources | undefined;
  /** Without one, an instance is ready once it runs. */
  readonly readiness?: Probe | undefined;
  /** Whether it is started again when it ends. @defaultValue `"Always"` */
  readonly restartPolicy?: "Always" | "OnFailure" | "Never" | undefined;
  /** Seconds between SIGTERM and SIGKILL. @defaultValue `30` */
  readonly terminationGracePeriodSeconds?: number | undefined;
  /** Labels that its node must have. @defaultValue none */
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  /** Taints it puts up with. @defaultValue none */
  readonly tolerations?: readonly Toleration[] | undefined;
  /** Where it runs; written once, by Binding. */
  readonly nodeName?: string | undefined;
}

/** How a process ended. */
export interface InstanceExit {
  /** Its exit code, unless a signal ended it. */
  readonly code?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** Why, as one word. */
  readonly reason: string;
  /** When: ISO 8601, UTC. */
  readonly at: string;
}

/** One process, as it is. */
export interface InstanceStatus extends BaseStatus {
  /** Where it stands in its life. */
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed";
  /** The process. */
  readonly pid?: number;
  /** The port it serves. */
  readonly port?: number;
  /** How often it was started again. */
  readonly restarts?: number;
  /** When it was last started: ISO 8601, UTC. */
  readonly startedAt?: string;
  /** How it last ended. */
  readonly lastExit?: InstanceExit;
  /** What is wrong, for a person. */
  readonly message?: string;
}

/** One process on one node. */
export type Instance = ResourceOf<typeof Instance>;
/** The kind of {@link InstanceSpec}. */
export const Instance: Kind<InstanceSpec, InstanceStatus> = /* @__PURE__ */ defineKind<InstanceSpec, InstanceStatus>()(
  "Instance",
  { schema: schemas.instance, fields: { nodeName: ({ spec }) => spec.nodeName } },
);
