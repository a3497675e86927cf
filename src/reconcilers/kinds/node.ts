import type { Resources, Taint } from "../../scheduler/index.js";
import { type BaseStatus, type Kind, type ResourceOf, defineKind, s } from "../../resources/index.js";

/** A taint, and since when it is there. */
export interface NodeTaint extends Taint {
  /** ISO 8601, UTC; what a toleration's seconds count from. */
  readonly addedAt?: string | undefined;
}

/** What is wanted of a node. */
export interface NodeSpec {
  /** Takes nothing new. */
  readonly unschedulable: boolean;
  /** Every instance on it is moved elsewhere. */
  readonly drain: boolean;
  /** Seconds after which a drain that is not done gives up. @defaultValue never */
  readonly drainTimeoutSeconds?: number | undefined;
  /** Keep instances away that do not tolerate them. */
  readonly taints: readonly NodeTaint[];
}

/** Where something on a node can be reached. */
export interface NodeAddress {
  /** What answers there, such as `"Logs"`. */
  readonly type: string;
  /** Where, such as `"http://10.0.0.7:10250"`. */
  readonly address: string;
}

/** What its agent says of a node. */
export interface NodeStatus extends BaseStatus {
  /** What it can give in all. */
  readonly capacity?: Resources;
  /** Where its agent can be reached. */
  readonly addresses?: readonly NodeAddress[];
  /** When the drain that is under way was begun: ISO 8601, UTC. */
  readonly drainStartedAt?: string;
  /** When its agent last wrote this, at least every five minutes: ISO 8601, UTC. */
  readonly heartbeatTime?: string;
}

const taint = /* @__PURE__ */ s.object({
  key: s.string({ minLength: 1 }),
  value: s.optional(s.string()),
  effect: s.oneOf("NoSchedule", "NoExecute"),
  addedAt: s.optional(s.string()),
});

/** A Node as a writer gives it. */
export type NodeInput = { readonly [K in keyof NodeSpec]?: NodeSpec[K] | undefined };

/** A machine with an agent on it. */
export type Node = ResourceOf<typeof Node>;
/** The kind of {@link NodeSpec}. */
export const Node: Kind<NodeSpec, NodeStatus, NodeInput> = /* @__PURE__ */ defineKind<
  NodeSpec,
  NodeStatus,
  NodeInput
>()("Node", {
  scope: "cluster",
  schema: s.object({
    unschedulable: s.withDefault(s.boolean(), false),
    drain: s.withDefault(s.boolean(), false),
    drainTimeoutSeconds: s.optional(s.number({ min: 0 })),
    taints: s.withDefault(s.array(taint), []),
  }),
});
