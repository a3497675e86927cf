import { type Controller, type ReconcileContext, defineController, watches } from "../controllers/index.js";
import { type Duration, type Runtime, currentRuntime, toMs } from "../core/index.js";
import { type ResourceKey, keyOf } from "../resources/index.js";
import { ignoreGone } from "./ignore-gone.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";
import { agentFinalizer } from "./names.js";

/** How {@link instanceCollector} works. */
export interface InstanceCollectorOptions {
  /** How long a node must be missing before its instances are given up. @defaultValue `"40s"` */
  readonly quarantine?: Duration;
  /** The clock by which that is measured. @defaultValue the ambient runtime */
  readonly runtime?: Runtime;
}

/**
 * Removes the instances of nodes that are gone: no agent is left to let them go. Their owners replace them.
 *
 * @remarks
 * The node must have been missing for a while, and must be missing from the store itself at the end of it. Kubernetes'
 * rule (`podgc/gc_controller.go`).
 *
 * @example
 * ```ts
 * import { instanceCollector } from "keelson/reconcilers";
 *
 * instanceCollector().name // => "instance-collector"
 * ```
 */
export function instanceCollector({
  quarantine = "40s",
  runtime = currentRuntime(),
}: InstanceCollectorOptions = {}): Controller {
  const quarantineMs = toMs(quarantine, "quarantine");
  const missing = new Map<string, { readonly uid: string; readonly since: number }>();
  return defineController({
    name: "instance-collector",
    for: Instance,
    concurrency: 5,
    triggers: [
      watches(
        Node,
        async ({ metadata: { name } }, { client }) => {
          const { items } = await client.list(Instance, { fields: { nodeName: name } });
          return items.map(keyOf);
        },
        { when: ({ type }) => type !== "modified" },
      ),
    ],
    async reconcile(instance, context) {
      const id = idOf(instance.metadata);
      const { nodeName } = instance.spec;
      if (nodeName === undefined || context.cache.get(Node, { name: nodeName }) !== undefined) {
        missing.delete(id);
        return undefined;
      }
      const { uid } = instance.metadata;
      const known = missing.get(id);
      const since = known?.uid === uid ? known.since : runtime.now();
      missing.set(id, { uid, since });
      const leftMs = since + quarantineMs - runtime.now();
      if (leftMs > 0) return { requeueAfter: leftMs };
      if ((await context.client.get(Node, nodeName)) === undefined) {
        await giveUp(instance, context);
      }
      missing.delete(id);
      return undefined;
    },
    onGone: (key) => {
      missing.delete(idOf(key));
    },
  });
}

function idOf({ namespace = "", name }: ResourceKey): string {
  return `${namespace}/${name}`;
}

/** Deletes it, and lets it go in its agent's place. */
async function giveUp(instance: Instance, { client }: ReconcileContext): Promise<void> {
  const { uid } = instance.metadata;
  await ignoreGone(client.delete(instance, { preconditions: { uid } }));
  const release = client.update(instance, ({ metadata }) => {
    metadata.finalizers = metadata.finalizers.filter((name) => name !== agentFinalizer);
  });
  await ignoreGone(release);
}
