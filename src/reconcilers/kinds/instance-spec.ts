import type { Resources, Toleration } from "../../scheduler/index.js";

/** How to ask a process how it is, in exactly one of three ways: `path`, `tcp` or `exec`. */
export interface Probe {
  /** The path of an HTTP GET; any 2xx or 3xx answer passes. */
  readonly path?: string | undefined;
  /** That a connection can be made. */
  readonly tcp?: true | undefined;
  /** A command to run beside the process; exit code 0 passes. */
  readonly exec?: readonly string[] | undefined;
  /** The port to ask. @defaultValue the instance's */
  readonly port?: number | undefined;
  /** Seconds between two probes. @defaultValue `10` */
  readonly periodSeconds?: number | undefined;
  /** Seconds an answer may take. @defaultValue `1` */
  readonly timeoutSeconds?: number | undefined;
  /** Passes in a row before it counts as passing. @defaultValue `1` */
  readonly successThreshold?: number | undefined;
  /** Failures in a row before it counts as failing. @defaultValue `3` */
  readonly failureThreshold?: number | undefined;
  /** Seconds after the start before the first probe. @defaultValue `0` */
  readonly initialDelaySeconds?: number | undefined;
}

/** Lets an instance onto nodes with a matching taint. */
export interface InstanceToleration extends Toleration {
  /** Seconds it may stay on a node with a matching `NoExecute` taint. @defaultValue for ever */
  readonly tolerationSeconds?: number | undefined;
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
  /** Until it passes the other two wait; when it fails the process is started again. @defaultValue none */
  readonly startup?: Probe | undefined;
  /** When it fails the process is started again. @defaultValue none */
  readonly liveness?: Probe | undefined;
  /** Says whether the instance is ready; without one, it is once it runs. @defaultValue none */
  readonly readiness?: Probe | undefined;
  /** Whether it is started again when it ends. @defaultValue `"Always"` */
  readonly restartPolicy?: "Always" | "OnFailure" | "Never" | undefined;
  /** Seconds between SIGTERM and SIGKILL. @defaultValue `30` */
  readonly terminationGracePeriodSeconds?: number | undefined;
  /** Labels that its node must have. @defaultValue none */
  readonly nodeSelector?: Readonly<Record<string, string>> | undefined;
  /** Taints it puts up with. @defaultValue none */
  readonly tolerations?: readonly InstanceToleration[] | undefined;
  /** Where it runs; written once, by Binding. */
  readonly nodeName?: string | undefined;
}

/** The instances to make. */
export interface InstanceTemplate {
  /** Their labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** Their spec; Binding adds `nodeName`. */
  readonly spec: Omit<InstanceSpec, "nodeName">;
}
