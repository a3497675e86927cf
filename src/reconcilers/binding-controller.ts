import {
  type Controller,
  type ReconcileContext,
  type ReconcileResult,
  defineController,
  watches,
} from "../controllers/index.js";
import { type ResourceClient, type ResourceKey, setCondition } from "../resources/index.js";
import {
  type Decision,
  type NodeView,
  type PlacementRequest,
  type Resources,
  type Scheduler,
  SimpleScheduler,
} from "../scheduler/index.js";
import { conditionOf, isActive } from "./instances.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";

/** How {@link bindingController} places instances. */
export interface BindingOptions {
  /** Who decides. @defaultValue a `SimpleScheduler` */
  readonly scheduler?: Scheduler;
}

/** An instance that does not fit is tried again after this long, doubling, also when no event announces a chance. */
const firstRetryMs = 1_000;
const longestRetryMs = 10_000;

/**
 * Binds each instance that has no node to the one its scheduler chooses, once; tells why where none will do.
 *
 * @remarks
 * One instance at a time, with what was just bound remembered until the cache shows it, so that two instances never
 * share the same free room.
 *
 * @example
 * ```ts
 * import { bindingController } from "keelson/reconcilers";
 *
 * bindingController().name // => "binding"
 * ```
 */
export function bindingController({ scheduler = new SimpleScheduler() }: BindingOptions = {}): Controller {
  const assumed = new Map<string, Instance>();
  const waits = new Map<string, number>();
  return defineController({
    name: "binding",
    for: Instance,
    concurrency: 1,
    triggers: [
      watches(Node, (_node, tools) => unbound(tools)),
      watches(Instance, (_gone, tools) => unbound(tools), { when: ({ type }) => type === "deleted" }),
    ],
    async reconcile(instance, context) {
      if (instance.spec.nodeName !== undefined || !isActive(instance)) {
        waits.delete(instance.metadata.uid);
        return undefined;
      }
      const instances = withAssumed(context.cache.list(Instance), assumed);
      const nodes = context.cache.list(Node).map((node) => view(node, instances));
      const [decision] = scheduler.schedule(requestOf(instance), nodes);
      if (decision?.kind === "placed") {
        const bound = await bind(instance, decision.node, context);
        assumed.set(bound.metadata.uid, bound);
        return undefined;
      }
      await explain(instance, decision, context);
      const wait = waits.get(instance.metadata.uid) ?? firstRetryMs;
      waits.set(instance.metadata.uid, Math.min(longestRetryMs, wait * 2));
      return { requeueAfter: wait } satisfies ReconcileResult;
    },
  });
}

async function unbound({ client }: { readonly client: ResourceClient }): Promise<readonly ResourceKey[]> {
  const { items } = await client.list(Instance);
  return items.filter(({ spec }) => spec.nodeName === undefined).map(({ metadata }) => metadata);
}

/** Writes the node's name, unless somebody else has bound or deleted the instance meanwhile. */
async function bind(instance: Instance, node: string, { client, now }: BindTools): Promise<Instance> {
  const bound = await client.update(instance, ({ spec }, latest) => {
    if (latest.metadata.deletionTimestamp === undefined) spec.nodeName ??= node;
  });
  const scheduled = { type: "Scheduled", status: "True", reason: "Bound", message: `runs on ${node}` } as const;
  return await client.patchStatus(bound, {
    phase: bound.status?.phase ?? "Pending",
    conditions: setCondition(bound.status?.conditions ?? [], scheduled, new Date(now())),
  });
}

type BindTools = Pick<ReconcileContext, "client" | "now">;

async function explain(instance: Instance, decision: Decision | undefined, { client, now }: BindTools): Promise<void> {
  const message = decision?.kind === "unschedulable" ? decision.message : "the scheduler made no decision";
  const known = conditionOf(instance, "Scheduled");
  if (known?.status === "False" && known.message === message) return;
  const condition = { type: "Scheduled", status: "False", reason: "Unschedulable", message } as const;
  await client.patchStatus(instance, {
    phase: "Pending",
    conditions: setCondition(instance.status?.conditions ?? [], condition, new Date(now())),
  });
}

/** The instances as they are, and those just bound as they will be seen. */
function withAssumed(instances: readonly Instance[], assumed: Map<string, Instance>): readonly Instance[] {
  const known = new Map(instances.map((instance) => [instance.metadata.uid, instance]));
  for (const uid of assumed.keys()) {
    const seen = known.get(uid);
    if (seen === undefined || seen.spec.nodeName !== undefined) assumed.delete(uid);
  }
  return instances.map((instance) => assumed.get(instance.metadata.uid) ?? instance);
}

function view(node: Node, instances: readonly Instance[]): NodeView {
  const here = instances.filter(
    ({ spec, status }) =>
      spec.nodeName === node.metadata.name && status?.phase !== "Succeeded" && status?.phase !== "Failed",
  );
  const allocated: Record<string, number> = {};
  for (const { spec } of here) addTo(allocated, spec.resources ?? {});
  return {
    name: node.metadata.name,
    allocatable: node.status?.capacity ?? {},
    allocated,
    instances: here.length,
    labels: node.metadata.labels,
    taints: node.spec.taints,
    unschedulable: node.spec.unschedulable || node.spec.drain || node.metadata.deletionTimestamp !== undefined,
    ready: conditionOf(node, "Ready")?.status === "True",
  };
}

function addTo(total: Record<string, number>, more: Resources): void {
  for (const [name, amount] of Object.entries(more)) total[name] = (total[name] ?? 0) + amount;
}

function requestOf({ metadata, spec }: Instance): PlacementRequest {
  return {
    instance: metadata.name,
    resources: spec.resources ?? {},
    nodeSelector: spec.nodeSelector ?? {},
    tolerations: spec.tolerations ?? [],
  };
}
