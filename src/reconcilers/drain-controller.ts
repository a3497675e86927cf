import { type Controller, type ReconcileContext, defineController, watches } from "../controllers/index.js";
import { type Condition, findCondition, isDeleting, setCondition } from "../resources/index.js";
import { ignoreGone } from "./ignore-gone.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";
import { daemonLabel } from "./names.js";

/** Whether an instance was asked to go, or what keeps it. */
export type Eviction = { readonly kind: "evicted" } | { readonly kind: "blocked"; readonly by: string };

/** How {@link drainController} empties nodes. */
export interface DrainOptions {
  /**
   * Asks an instance to go, unless that must wait: for a budget, or a person's word.
   *
   * @defaultValue deletes it
   */
  readonly evict?: (instance: Instance, context: Pick<ReconcileContext, "client">) => Promise<Eviction>;
}

/** What is blocked is asked again after this long, doubling; kubectl's first is 5 s for ever. */
const firstRetryMs = 1_000;
const longestRetryMs = 10_000;

/**
 * Empties the nodes whose `drain` is set: asks their instances to go, which their owners replace elsewhere, and sets the
 * condition `Drained` once none is left. Taking `drain` back ends it at any point.
 *
 * @remarks
 * A node that is drained takes nothing new. Instances with the label `keelson.dev/daemon: "true"` belong to the node, and
 * stay. What is blocked is named in the condition, and asked again after 1 s, doubling to 10 s, until the drain's
 * `drainTimeoutSeconds` are over.
 *
 * @example
 * ```ts
 * import { drainController } from "keelson/reconcilers";
 *
 * drainController().name // => "drain"
 * ```
 */
export function drainController({ evict = deleteIt }: DrainOptions = {}): Controller {
  const waits = new Map<string, number>();
  return defineController({
    name: "drain",
    for: Node,
    concurrency: 5,
    triggers: [watches(Instance, ({ spec }) => (spec.nodeName === undefined ? [] : [{ name: spec.nodeName }]))],
    async reconcile(node, context) {
      const { name } = node.metadata;
      if (!node.spec.drain) {
        waits.delete(name);
        if (findCondition(node.status?.conditions, "Drained") !== undefined) await say(node, notWanted, context);
        return undefined;
      }
      const { drainStartedAt = new Date(context.now()).toISOString() } = node.status ?? {};
      const left = await remaining(node, context);
      const isLate = context.now() - Date.parse(drainStartedAt) >= (node.spec.drainTimeoutSeconds ?? Infinity) * 1_000;
      const blockers = isLate ? [] : await evictAll(left, evict, context);
      await say(node, verdict(left, blockers, isLate), context, drainStartedAt);
      const waitMs = Math.min(waits.get(name) ?? firstRetryMs, longestRetryMs);
      if (blockers.length === 0) waits.delete(name);
      else waits.set(name, waitMs * 2);
      if (left.length === 0 || isLate) return undefined;
      const timeoutMs =
        Date.parse(drainStartedAt) + (node.spec.drainTimeoutSeconds ?? Infinity) * 1_000 - context.now();
      const againMs = Math.min(blockers.length > 0 ? waitMs : Infinity, timeoutMs);
      return againMs === Infinity ? undefined : { requeueAfter: againMs };
    },
    onGone: ({ name }) => {
      waits.delete(name);
    },
  });
}

async function deleteIt(instance: Instance, { client }: Pick<ReconcileContext, "client">): Promise<Eviction> {
  await ignoreGone(client.delete(instance));
  return { kind: "evicted" };
}

/** Asks each instance to go that has not been; what is blocked, and by what. */
async function evictAll(
  instances: readonly Instance[],
  evict: NonNullable<DrainOptions["evict"]>,
  context: ReconcileContext,
): Promise<readonly string[]> {
  const blockers: string[] = [];
  for (const instance of instances) {
    if (isDeleting(instance)) continue;
    const eviction = await evict(instance, context);
    if (eviction.kind === "blocked") blockers.push(`${instance.metadata.name} (${eviction.by})`);
  }
  return blockers;
}

/** What is still on the node. That nothing is left must be true in the store, not only in a cache that may be behind. */
async function remaining({ metadata: { name } }: Node, { cache, client }: ReconcileContext): Promise<Instance[]> {
  const known = cache.list(Instance, { fields: { nodeName: name } });
  const mine = (instances: readonly Instance[]): Instance[] =>
    instances.filter(({ metadata }) => metadata.labels[daemonLabel] !== "true");
  if (mine(known).length > 0) return mine(known);
  return mine((await client.list(Instance, { fields: { nodeName: name } })).items);
}

type Verdict = Pick<Condition, "status" | "reason" | "message">;

const notWanted: Verdict = { status: "False", reason: "NotWanted", message: "no drain is asked for" };

function verdict(left: readonly Instance[], blockers: readonly string[], isLate: boolean): Verdict {
  if (left.length === 0) return { status: "True", reason: "Empty", message: "no instance is left" };
  const message = `instances left: ${String(left.length)}`;
  if (isLate) return { status: "False", reason: "TimedOut", message: `gave up; ${message}` };
  if (blockers.length === 0) return { status: "False", reason: "Draining", message };
  return { status: "False", reason: "Blocked", message: `${message}; blocked: ${blockers.join(", ")}` };
}

/** Its own condition alone: the rest of the status is the agent's, and may have changed meanwhile. */
async function say(node: Node, said: Verdict, context: ReconcileContext, drainStartedAt?: string): Promise<void> {
  const { client, now } = context;
  const known = findCondition(node.status?.conditions, "Drained");
  if (said.reason === "TimedOut" && known?.reason !== "TimedOut")
    context.event("Warning", "DrainTimedOut", said.message);
  const conditions = setCondition([], { type: "Drained", ...said }, new Date(now()));
  await client.patchStatus(node, { drainStartedAt, conditions });
}
