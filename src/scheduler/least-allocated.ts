import { amountOf, freeOf } from "./fit.js";
import type { NodeView, Resources } from "./placement.js";

/**
 * The share of a node that stays free, from 0 to 100: the mean over the requested resources, each rounded down, as
 * kube-scheduler's `LeastAllocated` has it. Without a request, 100.
 *
 * @internal
 */
export function leastAllocated(wanted: Resources, node: NodeView): number {
  const requested = Object.entries(wanted);
  if (requested.length === 0) return 100;
  const scores = requested.flatMap(([name, amount]) => {
    const total = amountOf(node.allocatable, name);
    return total <= 0 ? [] : [Math.floor((Math.max(0, freeOf(node, name) - amount) * 100) / total)];
  });
  if (scores.length === 0) return 0;
  return Math.floor(scores.reduce((sum, score) => sum + score, 0) / scores.length);
}
