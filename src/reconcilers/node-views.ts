import type { NodeView, PlacementRequest, Resources } from "../scheduler/index.js";
import { conditionOf, hasEnded } from "./instances.js";
import type { Instance } from "./kinds/instance.js";
import type { Node } from "./kinds/node.js";

/** The nodes as a scheduler sees them, with what the instances on each take. */
export function nodeViews(nodes: readonly Node[], instances: readonly Instance[]): readonly NodeView[] {
  const taken = new Map<string, { count: number; readonly amounts: Record<string, number> }>();
  for (const instance of instances) {
    const { nodeName, resources } = instance.spec;
    if (nodeName === undefined || hasEnded(instance)) continue;
    const on = taken.get(nodeName) ?? { count: 0, amounts: {} };
    taken.set(nodeName, on);
    on.count += 1;
    addTo(on.amounts, resources ?? {});
  }
  return nodes.map((node) => {
    const on = taken.get(node.metadata.name);
    return {
      name: node.metadata.name,
      allocatable: node.status?.capacity ?? {},
      allocated: on?.amounts ?? {},
      instances: on?.count ?? 0,
      labels: node.metadata.labels,
      taints: node.spec.taints,
      unschedulable: node.spec.unschedulable || node.spec.drain || node.metadata.deletionTimestamp !== undefined,
      ready: conditionOf(node, "Ready")?.status === "True",
    };
  });
}

function addTo(total: Record<string, number>, more: Resources): void {
  for (const [name, amount] of Object.entries(more)) total[name] = (total[name] ?? 0) + amount;
}

/** What an instance asks of a node. */
export function requestOf({ metadata, spec }: Instance): PlacementRequest {
  return {
    instance: metadata.name,
    resources: spec.resources ?? {},
    nodeSelector: spec.nodeSelector ?? {},
    tolerations: spec.tolerations ?? [],
  };
}
