import type { Resources, Taint } from "../../scheduler/index.js";
import { type BaseStatus, type Kind, type ResourceOf, defineKind } from "../../resources/index.js";

/** What is wanted of a node. */
export interface NodeSpec {
  /** Takes nothing new. */
  readonly unschedulable: boolean;
  /** Every instance on it is moved elsewhere. */
  readonly drain: boolean;
  /** Keep instances away that do not tolerate them. */
  readonly taints: readonly Taint[];
}

/** What its agent says of a node. */
export interface NodeStatus extends BaseStatus {
  /** What it can give in all. */
  readonly capacity?: Resources;
}

/** A machine with an agent on it. */
export type Node = ResourceOf<typeof Node>;
/** The kind of {@link NodeSpec}. */
export const Node: Kind<NodeSpec, NodeStatus, Partial<NodeSpec>> = /* @__PURE__ */ defineKind<
  NodeSpec,
  NodeStatus,
  Partial<NodeSpec>
>()("Node", { scope: "cluster" });
