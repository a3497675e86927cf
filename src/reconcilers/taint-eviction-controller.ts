import { type Controller, type ReconcileContext, defineController, watches } from "../controllers/index.js";
import { type Duration, toMs } from "../core/index.js";
import { tolerates } from "../scheduler/index.js";
import { ignoreGone } from "./ignore-gone.js";
import { Instance } from "./kinds/instance.js";
import { Node, type NodeTaint } from "./kinds/node.js";
import { daemonLabel, notReadyTaint, unreachableTaint } from "./names.js";

/** How {@link taintEvictionController} works. */
export interface TaintEvictionOptions {
  /** How long an instance that says nothing of them puts up with nodes that are not ready. @defaultValue `"5m"` */
  readonly defaultToleration?: Duration;
}

/** When the instances of a node are to go; what was once promised is not extended. */
interface Schedule {
  readonly taints: string;
  readonly dueAt: Map<string, number>;
}

/**
 * Deletes the instances of nodes with `NoExecute` taints, once they no longer tolerate them; their owners replace them
 * elsewhere.
 *
 * @remarks
 * An instance that does not tolerate a taint goes at once. Of several tolerations that match, the shortest counts, from
 * when the taint was added. When the taint goes, so does the intention. Kubernetes' rules (`taint_manager.go`).
 *
 * @example
 * ```ts
 * import { taintEvictionController } from "keelson/reconcilers";
 *
 * taintEvictionController({ defaultToleration: "1m" }).name // => "taint-eviction"
 * ```
 */
export function taintEvictionController({ defaultToleration = "5m" }: TaintEvictionOptions = {}): Controller {
  const defaultMs = toMs(defaultToleration, "defaultToleration");
  const schedules = new Map<string, Schedule>();
  return defineController({
    name: "taint-eviction",
    for: Node,
    concurrency: 5,
    triggers: [watches(Instance, ({ spec }) => (spec.nodeName === undefined ? [] : [{ name: spec.nodeName }]))],
    async reconcile(node, context) {
      const { name } = node.metadata;
      const taints = node.spec.taints.filter(({ effect }) => effect === "NoExecute");
      if (taints.length === 0) {
        schedules.delete(name);
        return undefined;
      }
      const schedule = scheduleOf(schedules.get(name), taints);
      schedules.set(name, schedule);
      const soonest = await evictDue(name, taints, schedule, defaultMs, context);
      return soonest === Number.POSITIVE_INFINITY ? undefined : { requeueAfter: soonest };
    },
    onGone: ({ name }) => {
      schedules.delete(name);
    },
  });
}

function scheduleOf(known: Schedule | undefined, taints: readonly NodeTaint[]): Schedule {
  const text = JSON.stringify(taints);
  return known?.taints === text ? known : { taints: text, dueAt: new Map() };
}

/** Deletes what is due; milliseconds until the next is. */
async function evictDue(
  node: string,
  taints: readonly NodeTaint[],
  { dueAt }: Schedule,
  defaultMs: number,
  { cache, client, now, log }: ReconcileContext,
): Promise<number> {
  let soonest = Number.POSITIVE_INFINITY;
  for (const instance of cache.list(Instance, { fields: { nodeName: node } })) {
    const { metadata } = instance;
    if (metadata.deletionTimestamp !== undefined || isDaemon(instance)) continue;
    const toleratedUntil = Math.min(...taints.map((taint) => toleratedTo(instance, taint, defaultMs, now())));
    const due = Math.min(toleratedUntil, dueAt.get(metadata.uid) ?? Number.POSITIVE_INFINITY);
    dueAt.set(metadata.uid, due);
    if (due <= now()) {
      log.info({ instance: metadata.name, node }, "deleted for a taint that it does not tolerate");
      await ignoreGone(client.delete(instance, { preconditions: { uid: metadata.uid } }));
    } else soonest = Math.min(soonest, due - now());
  }
  return soonest;
}

function isDaemon({ metadata }: Instance): boolean {
  return metadata.labels[daemonLabel] === "true";
}

/** Until when an instance puts up with a taint. */
function toleratedTo({ spec }: Instance, taint: NodeTaint, defaultMs: number, now: number): number {
  const since = taint.addedAt === undefined ? now : Date.parse(taint.addedAt);
  const matching = (spec.tolerations ?? []).filter((each) => tolerates(each, taint));
  if (matching.length > 0) {
    return since + 1_000 * Math.min(...matching.map((each) => each.tolerationSeconds ?? Number.POSITIVE_INFINITY));
  }
  return taint.key === notReadyTaint || taint.key === unreachableTaint ? since + defaultMs : now;
}
