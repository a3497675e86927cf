import { checkNumber } from "../core/check.js";
import { type Obstacle, obstacle } from "./fit.js";
import { leastAllocated } from "./least-allocated.js";
import type { Decision, NodeView, PlacementRequest, RetryOn, Scheduler } from "./placement.js";

/**
 * A scheduler for small clusters: of the nodes that fit, the one with the largest free share, then the one with the
 * fewest instances, then the first by name.
 *
 * @remarks
 * The score, from 0 to 100, is the mean over the requested resources of the share that stays free: kube-scheduler's
 * `LeastAllocated`.
 *
 * @example
 * ```ts
 * import { SimpleScheduler } from "keelson/scheduler";
 *
 * const nodes = [
 *   { name: "a", allocatable: { cpu: 1000 }, allocated: { cpu: 500 } },
 *   { name: "b", allocatable: { cpu: 1000 } },
 * ];
 * const decisions = new SimpleScheduler().schedule([{ instance: "web-0", resources: { cpu: 400 } }], nodes);
 * decisions // => [{ kind: "placed", instance: "web-0", node: "b", score: 60 }]
 * ```
 */
export class SimpleScheduler implements Scheduler {
  /**
   * Places each request, taking those before it into account.
   *
   * @throws RangeError for a requested amount that is not a number of at least 0.
   */
  schedule(request: PlacementRequest | readonly PlacementRequest[], nodes: readonly NodeView[]): Decision[] {
    const requests: readonly PlacementRequest[] = "instance" in request ? [request] : request;
    for (const { resources = {} } of requests) {
      for (const [name, amount] of Object.entries(resources)) checkNumber(`resources.${name}`, amount, 0);
    }
    const views = new Map(nodes.map((node) => [node.name, node]));
    return requests.map((each) => {
      const decision = place(each, [...views.values()]);
      const view = decision.kind === "placed" ? views.get(decision.node) : undefined;
      if (view !== undefined) views.set(view.name, assume(each, view));
      return decision;
    });
  }
}

function place(request: PlacementRequest, nodes: readonly NodeView[]): Decision {
  const obstacles: Obstacle[] = [];
  let best: { readonly node: NodeView; readonly score: number } | undefined;
  for (const node of nodes) {
    const found = obstacle(request, node);
    if (found !== undefined) {
      obstacles.push(found);
      continue;
    }
    const candidate = { node, score: leastAllocated(request.resources ?? {}, node) };
    if (best === undefined || better(candidate, best)) best = candidate;
  }
  if (best !== undefined)
    return { kind: "placed", instance: request.instance, node: best.node.name, score: best.score };
  return unschedulable(request.instance, obstacles, nodes.length);
}

function better(
  a: { readonly node: NodeView; readonly score: number },
  b: { readonly node: NodeView; readonly score: number },
): boolean {
  if (a.score !== b.score) return a.score > b.score;
  const [few, many] = [a.node.instances ?? 0, b.node.instances ?? 0];
  return few === many ? a.node.name < b.node.name : few < many;
}

/** The node as it will be once the instance runs there. */
function assume({ resources = {} }: PlacementRequest, node: NodeView): NodeView {
  const allocated = new Map(Object.entries(node.allocated ?? {}));
  for (const [name, amount] of Object.entries(resources)) allocated.set(name, (allocated.get(name) ?? 0) + amount);
  return { ...node, allocated: Object.fromEntries(allocated), instances: (node.instances ?? 0) + 1 };
}

function unschedulable(instance: string, obstacles: readonly Obstacle[], nodes: number): Decision {
  const reasons: Record<string, number> = {};
  for (const { reason } of obstacles) reasons[reason] = (reasons[reason] ?? 0) + 1;
  const parts = Object.entries(reasons).map(([reason, count]) => `${String(count)} ${reason}`);
  const why = parts.length === 0 ? "there are no nodes" : parts.sort().join(", ");
  const retryOn = new Set<RetryOn>(["node-added", ...obstacles.flatMap((each) => each.retryOn)]);
  return {
    kind: "unschedulable",
    instance,
    reasons,
    message: `0/${String(nodes)} nodes are available: ${why}.`,
    retryOn: [...retryOn],
  };
}
