import { type BaseStatus, type Kind, type ResourceOf, defineKind } from "../../resources/index.js";
import { schemas } from "./instance-schema.js";
import type { InstanceSpec } from "./instance-spec.js";

/** How a process ended. */
export interface InstanceExit {
  /** Its exit code, unless a signal ended it. */
  readonly code?: number;
  /** The signal that ended it. */
  readonly signal?: string;
  /** Why, as one word: `Completed`, `Error`, the signal, `OOMKilled`, `LivenessFailed`, `AgentLost` … */
  readonly reason: string;
  /** Why, for a person. */
  readonly message?: string;
  /** When: ISO 8601, UTC. */
  readonly at: string;
}

/** One process, as it is. */
export interface InstanceStatus extends BaseStatus {
  /** Where it stands in its life. */
  readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed";
  /** The process, where it is one of its own. */
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
