import type { NodeView, PlacementRequest, Resources, RetryOn, Taint, Toleration } from "./placement.js";

/** Why a node will not do. */
export interface Obstacle {
  readonly reason: string;
  readonly retryOn: readonly RetryOn[];
}

/**
 * Why a node will not do for a request, or `undefined` if it will: the one fit function, for planning and for binding.
 *
 * @remarks Reasons are worded as kube-scheduler words them.
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
  const taint = node.taints?.find((each) => !tolerates(request.tolerations ?? [], each));
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

function tolerates(tolerations: readonly Toleration[], taint: Taint): boolean {
  return tolerations.some(
    ({ key, value, effect }) =>
      (key === undefined || key === taint.key) &&
      (value === undefined || value === (taint.value ?? "")) &&
      (effect === undefined || effect === taint.effect),
  );
}

function shortage(wanted: Resources, { allocatable, allocated = {} }: NodeView): string | undefined {
  return Object.entries(wanted).find(
    ([name, amount]) => amount > 0 && (allocated[name] ?? 0) + amount > (allocatable[name] ?? 0),
  )?.[0];
}
