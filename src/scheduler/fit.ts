import type { NodeView, PlacementRequest, Resources, RetryOn, Taint, Toleration } from "./placement.js";

/** Why a node will not do. */
export interface Obstacle {
  /** What stands in the way, in the words of kube-scheduler, such as `"Insufficient cpu"`. */
  readonly reason: string;
  /** What could remove it. */
  readonly retryOn: readonly RetryOn[];
}

/**
 * Why a node will not do for a request, or `undefined` if it will: the one fit function, for planning and for binding.
 *
 * @remarks Of several reasons it gives one: readiness, cordon, taints, selector, then resources in the request's order.
 *
 * @example
 * ```ts
 * import { obstacle } from "keelson/scheduler";
 *
 * const node = { name: "a", allocatable: { cpu: 1000 }, allocated: { cpu: 800 } };
 * obstacle({ instance: "web-0", resources: { cpu: 100 } }, node) // => undefined
 * obstacle({ instance: "web-1", resources: { cpu: 500 } }, node)?.reason // => "Insufficient cpu"
 * ```
 */
export function obstacle(request: PlacementRequest, node: NodeView): Obstacle | undefined {
  if (node.ready === false) return changed("node(s) were not ready");
  if (node.unschedulable === true) return changed("node(s) were unschedulable");
  const taint = node.taints?.find((taint) => !request.tolerations?.some((each) => tolerates(each, taint)));
  if (taint !== undefined) return changed(`node(s) had untolerated taint {${taint.key}: ${taint.value ?? ""}}`);
  const selector = Object.entries(request.nodeSelector ?? {});
  if (selector.some(([key, value]) => node.labels?.[key] !== value)) {
    return changed("node(s) didn't match node selector");
  }
  const short = shortage(request.resources ?? {}, node);
  if (short === undefined) return undefined;
  return { reason: `Insufficient ${short}`, retryOn: ["node-added", "node-changed", "instance-removed"] };
}

function changed(reason: string): Obstacle {
  return { reason, retryOn: ["node-added", "node-changed"] };
}

/**
 * Whether a toleration puts up with a taint: what it leaves out matches anything.
 *
 * @example
 * ```ts
 * import { tolerates } from "keelson/scheduler";
 *
 * tolerates({ key: "gpu" }, { key: "gpu", value: "a100", effect: "NoSchedule" }) // => true
 * tolerates({ key: "gpu", effect: "NoExecute" }, { key: "gpu", effect: "NoSchedule" }) // => false
 * ```
 */
export function tolerates({ key, value, effect }: Toleration, taint: Taint): boolean {
  return (
    (key === undefined || key === taint.key) &&
    (value === undefined || value === (taint.value ?? "")) &&
    (effect === undefined || effect === taint.effect)
  );
}

function shortage(wanted: Resources, node: NodeView): string | undefined {
  return Object.entries(wanted).find(([name, amount]) => amount > 0 && amount > freeOf(node, name))?.[0];
}

/** How much of a resource a node has left; below 0 where more was given out than there is. */
export function freeOf({ allocatable, allocated = {} }: NodeView, resource: string): number {
  return amountOf(allocatable, resource) - amountOf(allocated, resource);
}

/** An amount by name; own properties only, as a resource may be named like a method of every object. */
export function amountOf(resources: Resources, name: string): number {
  return Object.hasOwn(resources, name) ? (resources[name] ?? 0) : 0;
}
