import { type Controller, type ReconcileContext, defineController, watches } from "../controllers/index.js";
import { type Duration, type Runtime, currentRuntime, toMs } from "../core/index.js";
import { checkNumber } from "../core/check.js";
import { type Condition, findCondition, setCondition } from "../resources/index.js";
import { conditionOf } from "./instances.js";
import { ignoreGone } from "./ignore-gone.js";
import { Instance } from "./kinds/instance.js";
import { Node, type NodeTaint } from "./kinds/node.js";
import { NodeLease } from "./kinds/node-lease.js";
import { notReadyTaint, unreachableTaint, zoneLabel } from "./names.js";
import { NodeHealth } from "./node-health.js";
import { type EvictionRates, Pace, type ZoneCounts, evictionRate, isDisrupted } from "./zones.js";

/** How {@link nodeLifecycleController} judges nodes. */
export interface NodeLifecycleOptions {
  /** How long a node may be silent before it is unknown. @defaultValue `"40s"` */
  readonly grace?: Duration;
  /** How long a new one may take to be heard of. @defaultValue `"60s"` */
  readonly startupGrace?: Duration;
  /** How often nodes that are not ready are looked at. @defaultValue `"5s"` */
  readonly period?: Duration;
  /** Nodes a second that are given up in a zone that is well. @defaultValue `0.1` */
  readonly evictionRate?: number;
  /** The same in a zone of more than 50 nodes of which most are down. @defaultValue `0.01` */
  readonly secondaryEvictionRate?: number;
  /** The clock by which silence is measured. @defaultValue the ambient runtime */
  readonly runtime?: Runtime;
}

/**
 * Watches over nodes by their leases: says `Ready` is `Unknown` of those that fall silent, and taints those that are not
 * ready, so that nothing new comes to them and what runs there moves elsewhere.
 *
 * @remarks
 * At once a taint keeps new instances away; the one that moves the others comes at a rate a zone, slower while most of a
 * zone is down, and not at all while everything is: then it is more likely that this program is cut off. Kubernetes'
 * rules and numbers (`node_lifecycle_controller.go`). While a node is unknown, so is whether its instances are ready.
 *
 * @example
 * ```ts
 * import { nodeLifecycleController } from "keelson/reconcilers";
 *
 * nodeLifecycleController({ grace: "20s" }).name // => "node-lifecycle"
 * ```
 */
export function nodeLifecycleController(options: NodeLifecycleOptions = {}): Controller {
  const { runtime = currentRuntime(), evictionRate: normal = 0.1, secondaryEvictionRate: partial = 0.01 } = options;
  checkNumber("evictionRate", normal, 0);
  checkNumber("secondaryEvictionRate", partial, 0);
  const periodMs = toMs(options.period ?? "5s", "period");
  const health = new NodeHealth(runtime, {
    graceMs: toMs(options.grace ?? "40s", "grace"),
    startupGraceMs: toMs(options.startupGrace ?? "60s", "startupGrace"),
  });
  const zones = new ZoneWatch(health, runtime, { normal, partial });
  return defineController({
    name: "node-lifecycle",
    for: Node,
    concurrency: 5,
    triggers: [watches(NodeLease, ({ metadata: { name } }) => [{ name }])],
    reads: [Instance],
    async reconcile(node, context) {
      health.observe(node, context.cache.get(NodeLease, node.metadata));
      if (node.metadata.deletionTimestamp !== undefined) return undefined;
      const leftMs = health.leftMs(node.metadata.name);
      const present = leftMs > 0 ? node : await declareUnknown(node, health, context);
      const nodes = context.cache.list(Node);
      const isEvicting = zones.allowsEviction(present, nodes);
      await taint(present, isEvicting, context);
      return { requeueAfter: isReady(present) ? leftMs : Math.min(periodMs, leftMs > 0 ? leftMs : periodMs) };
    },
    onGone: ({ name }) => {
      health.forget(name);
    },
  });
}

function isReady(node: Node): boolean {
  return conditionOf(node, "Ready")?.status === "True";
}

/** The zones as a whole: whether the taint that moves instances may come to a node. */
class ZoneWatch {
  readonly #health: NodeHealth;
  readonly #runtime: Runtime;
  readonly #rates: EvictionRates;
  readonly #pace = new Pace();
  #wasDisrupted = false;

  constructor(health: NodeHealth, runtime: Runtime, rates: EvictionRates) {
    this.#health = health;
    this.#runtime = runtime;
    this.#rates = rates;
  }

  allowsEviction(node: Node, nodes: readonly Node[]): boolean {
    const zones = new Map<string, ZoneCounts>();
    for (const each of nodes) {
      const { total, down } = zones.get(zoneOf(each)) ?? { total: 0, down: 0 };
      zones.set(zoneOf(each), { total: total + 1, down: down + (this.#isDown(each) ? 1 : 0) });
    }
    const all = [...zones.values()];
    const isDown = isDisrupted(all);
    if (this.#wasDisrupted && !isDown) this.#health.startAnew();
    this.#wasDisrupted = isDown;
    if (isReady(node) || isDown) return false;
    if (ourTaints(node).some(({ effect }) => effect === "NoExecute")) return true;
    const rate = evictionRate(zones.get(zoneOf(node)) ?? { total: 1, down: 1 }, all, this.#rates);
    return this.#pace.take(zoneOf(node), rate, this.#runtime.now());
  }

  #isDown(node: Node): boolean {
    return !isReady(node) || this.#health.leftMs(node.metadata.name) <= 0;
  }
}

function zoneOf({ metadata }: Node): string {
  return metadata.labels[zoneLabel] ?? "";
}

/** The agent's conditions alone; the others are not its to know. */
async function declareUnknown(node: Node, health: NodeHealth, context: ReconcileContext): Promise<Node> {
  await unreadyInstances(node, context);
  if (findCondition(node.status?.conditions, "Ready")?.status === "Unknown") return node;
  const [reason, message] = health.hasReported(node.metadata.name)
    ? ["NodeStatusUnknown", "its agent has stopped saying that it lives"]
    : ["NodeStatusNeverUpdated", "its agent has never said that it lives"];
  context.event("Warning", reason, message);
  const verdict = { type: "Ready", status: "Unknown", reason, message } as const;
  const conditions = setCondition([], verdict, new Date(context.now()));
  return await context.client.patchStatus(node, { conditions });
}

/** Their agent, once it is back, says it better. */
async function unreadyInstances({ metadata }: Node, { cache, client, now }: ReconcileContext): Promise<void> {
  for (const instance of cache.list(Instance, { fields: { nodeName: metadata.name } })) {
    const { status } = conditionOf(instance, "Ready") ?? {};
    if (status !== "True") continue;
    const verdict: Omit<Condition, "lastTransitionTime"> = {
      type: "Ready",
      status: "Unknown",
      reason: "NodeUnknown",
      message: `nothing is heard of node ${metadata.name}`,
    };
    await ignoreGone(client.patchStatus(instance, { conditions: setCondition([], verdict, new Date(now())) }));
  }
}

/** Ours are replaced in one write, so that a node is never without either while it is not ready. */
async function taint(node: Node, isEvicting: boolean, { client, now }: ReconcileContext): Promise<void> {
  const key = conditionOf(node, "Ready")?.status === "Unknown" ? unreachableTaint : notReadyTaint;
  const effects = isReady(node) ? [] : isEvicting ? (["NoSchedule", "NoExecute"] as const) : (["NoSchedule"] as const);
  const ours = ourTaints(node);
  const wanted = effects.map((effect): NodeTaint => {
    const addedAt = ours.find((each) => each.effect === effect)?.addedAt ?? new Date(now()).toISOString();
    return { key, effect, addedAt };
  });
  if (JSON.stringify(ours) === JSON.stringify(wanted)) return;
  await client.update(node, ({ spec }) => {
    spec.taints = [...spec.taints.filter((each) => !isOurs(each)), ...wanted];
  });
}

function ourTaints({ spec }: Node): readonly NodeTaint[] {
  return spec.taints.filter(isOurs);
}

function isOurs({ key }: NodeTaint): boolean {
  return key === notReadyTaint || key === unreachableTaint;
}
