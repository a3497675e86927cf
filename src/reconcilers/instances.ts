import { type BaseStatus, type Condition, type Resource, findCondition } from "../resources/index.js";
import type { Instance } from "./kinds/instance.js";
import { deletionCostAnnotation } from "./names.js";

/** The condition of that type, if the object has it. */
export function conditionOf({ status }: Resource<unknown, BaseStatus>, type: string): Condition | undefined {
  return findCondition(status?.conditions, type);
}

/** Whether its process has ended for good. */
export function hasEnded({ status }: Instance): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Whether it counts towards its owner's replicas: it has not ended for good and is not going. */
export function isActive(instance: Instance): boolean {
  return instance.metadata.deletionTimestamp === undefined && !hasEnded(instance);
}

/** Whether its process runs and its probe passes. */
export function isReady(instance: Instance): boolean {
  return isActive(instance) && conditionOf(instance, "Ready")?.status === "True";
}

/** Milliseconds until a ready instance counts as available; 0 when it does, `Infinity` when it is not ready. */
export function availableIn(instance: Instance, minReadySeconds: number, now: number): number {
  const ready = isActive(instance) ? conditionOf(instance, "Ready") : undefined;
  if (ready?.status !== "True") return Number.POSITIVE_INFINITY;
  if (minReadySeconds === 0) return 0;
  return Math.max(0, Date.parse(ready.lastTransitionTime) + minReadySeconds * 1_000 - now);
}

/** When an instance counts as available. */
export interface AvailableRule {
  readonly minReadySeconds: number;
  readonly now: number;
}

/**
 * Which instances to give up first: unbound, then pending, unknown, running; not ready, not yet available; sharing a node
 * with more ready siblings; of a lower deletion cost; ready for less time, restarted more often, newer; ties by name, so
 * that the answer is always the same.
 *
 * @remarks
 * The order of Kubernetes' replica set controller (`controller_utils.go`, `ActivePodsWithRanks`), and before the node
 * comes whether it is available: a roll-out counts on those that are.
 */
export function victimsFirst(
  instances: readonly Instance[],
  { minReadySeconds, now }: AvailableRule = { minReadySeconds: 0, now: 0 },
): Instance[] {
  const siblings = new Map<string, number>();
  for (const { spec } of instances.filter(isReady)) {
    siblings.set(spec.nodeName ?? "", (siblings.get(spec.nodeName ?? "") ?? 0) + 1);
  }
  const rank = (instance: Instance): readonly (number | string)[] => [
    instance.spec.nodeName === undefined ? 0 : 1,
    stageOf(instance),
    isReady(instance) ? 1 : 0,
    minReadySeconds === 0 || availableIn(instance, minReadySeconds, now) === 0 ? 1 : 0,
    -(siblings.get(instance.spec.nodeName ?? "") ?? 0),
    deletionCost(instance),
    -Date.parse(conditionOf(instance, "Ready")?.lastTransitionTime ?? instance.metadata.creationTimestamp),
    -(instance.status?.restarts ?? 0),
    -Date.parse(instance.metadata.creationTimestamp),
    instance.metadata.name,
  ];
  const ranks = new Map(instances.map((instance) => [instance, rank(instance)]));
  return [...instances].sort((a, b) => compareRanks(ranks.get(a) ?? [], ranks.get(b) ?? []));
}

/** Pending, unknown, running. */
function stageOf(instance: Instance): number {
  if (instance.status?.phase !== "Running") return 0;
  return conditionOf(instance, "Ready")?.status === "Unknown" ? 1 : 2;
}

function deletionCost({ metadata }: Instance): number {
  const cost = Number(metadata.annotations[deletionCostAnnotation] ?? 0);
  return Number.isNaN(cost) ? 0 : cost;
}

function compareRanks(a: readonly (number | string)[], b: readonly (number | string)[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index] ?? 0;
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
