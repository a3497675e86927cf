import {
  type Controller,
  type Predicate,
  type ReconcileContext,
  defineController,
  watches,
} from "../controllers/index.js";
import { type Condition, type Resource, type ResourceKey, setCondition } from "../resources/index.js";
import { type Decision, type Scheduler, SimpleScheduler } from "../scheduler/index.js";
import { conditionOf, hasEnded, isActive } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";
import { nodeViews, requestOf } from "./node-views.js";
import { RetryTimes } from "./retry-times.js";

/** How {@link bindingController} places instances. */
export interface BindingOptions {
  /** Who decides. @defaultValue a `SimpleScheduler` */
  readonly scheduler?: Scheduler;
}

/**
 * Binds each instance that has no node to the one its scheduler chooses, once; tells why where none will do.
 *
 * @remarks
 * One instance at a time, with what was just bound remembered until the cache shows it, so that two instances never
 * share the same free room. A node that has changed since the plan refuses it. What does not fit is tried again when
 * what the scheduler waits for happens, else after a second, doubling to ten.
 *
 * @example
 * ```ts
 * import { bindingController } from "keelson/reconcilers";
 *
 * bindingController().name // => "binding"
 * ```
 */
export function bindingController({ scheduler = new SimpleScheduler() }: BindingOptions = {}): Controller {
  const assumed = new Map<string, Assumption>();
  const waiting = new RetryTimes();
  return defineController({
    name: "binding",
    for: Instance,
    concurrency: 1,
    triggers: [
      watches(Node, () => waiting.keys("node-added"), { when: ({ type }) => type === "added" }),
      watches(Node, () => waiting.keys("node-changed"), { when: hasChanged }),
      watches(Instance, () => waiting.keys("instance-removed"), { when: ({ type }) => type === "deleted" }),
      watches(Instance, (instance) => (hasEnded(instance) ? waiting.keys("instance-removed") : [])),
    ],
    async reconcile(instance, context) {
      if (instance.spec.nodeName !== undefined || !isActive(instance)) {
        waiting.forget(instance.metadata);
        await confirm(instance, context);
        return undefined;
      }
      const instances = withAssumed(context.cache.list(Instance), assumed, context.now());
      const nodes = context.cache.list(Node);
      const [decision] = scheduler.schedule(requestOf(instance), nodeViews(nodes, instances));
      if (decision?.kind !== "placed") {
        await explain(instance, decision, context);
        return { requeueAfter: waiting.next(instance.metadata, decision?.retryOn ?? [], context.now()) };
      }
      const planned = nodes.find(({ metadata }) => metadata.name === decision.node);
      if (planned === undefined)
        throw new TypeError(`Expected a node that there is, got ${JSON.stringify(decision.node)}`);
      await bind(instance, planned, assumed, context);
      return undefined;
    },
    onGone: (key: ResourceKey) => {
      waiting.forget(key);
    },
  });
}

/**
 * Writes the node's name, unless somebody has bound or deleted the instance.
 *
 * @throws ConflictError when the node has changed since the plan, which is then made anew.
 */
async function bind(
  instance: Instance,
  planned: Node,
  assumed: Map<string, Assumption>,
  context: ReconcileContext,
): Promise<void> {
  const choose = context.client.update(
    instance,
    ({ spec }, latest) => {
      if (latest.metadata.deletionTimestamp === undefined) spec.nodeName ??= planned.metadata.name;
    },
    { unchanged: [planned] },
  );
  const bound = await choose;
  if (bound.spec.nodeName === undefined) return;
  assumed.set(bound.metadata.uid, { instance: bound, at: context.now() });
  await confirm(bound, context);
}

/** Whether a node has become another to a scheduler; that it lives is not news. */
const hasChanged: Predicate = (event) =>
  event.type === "modified" && JSON.stringify(placement(event.resource)) !== JSON.stringify(placement(event.previous));

function placement(resource: Resource): unknown {
  const node = resource as Node;
  return [node.metadata.labels, node.spec, node.status?.capacity, conditionOf(node, "Ready")?.status];
}

type BindTools = Pick<ReconcileContext, "client" | "now" | "event">;

/** Says that it is bound. Apart from the binding, as that may have been the last thing an earlier run did. */
async function confirm(instance: Instance, tools: BindTools): Promise<void> {
  const { nodeName } = instance.spec;
  if (nodeName === undefined || !isActive(instance) || conditionOf(instance, "Scheduled")?.status === "True") return;
  await say(instance, { status: "True", reason: "Bound", message: `runs on ${nodeName}` }, tools);
}

async function explain(instance: Instance, decision: Decision | undefined, tools: BindTools): Promise<void> {
  const message = decision?.kind === "unschedulable" ? decision.message : "the scheduler made no decision";
  const known = conditionOf(instance, "Scheduled");
  if (known?.status === "False" && known.message === message) return;
  tools.event("Warning", "Unschedulable", message);
  await say(instance, { status: "False", reason: "Unschedulable", message }, tools);
}

/** Its own condition alone: the rest of the status is the agent's, and may have changed meanwhile. */
async function say(
  instance: Instance,
  verdict: Pick<Condition, "status" | "reason" | "message">,
  { client, now }: BindTools,
): Promise<void> {
  const conditions = setCondition([], { type: "Scheduled", ...verdict }, new Date(now()));
  await client.patchStatus(instance, { conditions });
}

/** An instance as it will be seen, and when it was bound. */
interface Assumption {
  readonly instance: Instance;
  readonly at: number;
}

/** Longer than a cache that stands still is put up with. Not until it is seen: one run may read live, the next not. */
const assumedMs = 300_000;

/** The instances as they are, and those bound of late as they will be seen. */
function withAssumed(
  instances: readonly Instance[],
  assumed: Map<string, Assumption>,
  now: number,
): readonly Instance[] {
  for (const [uid, { at }] of assumed) {
    if (now - at < assumedMs) break; // they are in the order of their binding
    assumed.delete(uid);
  }
  return instances.map((instance) =>
    instance.spec.nodeName === undefined ? (assumed.get(instance.metadata.uid)?.instance ?? instance) : instance,
  );
}
