import { type Controller, type ReconcileContext, defineController, watches } from "../controllers/index.js";
import { type Condition, findCondition, setCondition } from "../resources/index.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";
import { ignoreGone } from "./ignore-gone.js";

/**
 * Empties the nodes whose `drain` is set: deletes their instances, which their owners replace elsewhere, and sets
 * the condition `Drained` once none is left. Taking `drain` back ends it at any point.
 *
 * @example
 * ```ts
 * import { drainController } from "keelson/reconcilers";
 *
 * drainController().name // => "drain"
 * ```
 */
export function drainController(): Controller {
  return defineController({
    name: "drain",
    for: Node,
    concurrency: 5,
    triggers: [watches(Instance, ({ spec }) => (spec.nodeName === undefined ? [] : [{ name: spec.nodeName }]))],
    async reconcile(node, context) {
      const { client, now } = context;
      if (!node.spec.drain && findCondition(node.status?.conditions, "Drained") === undefined) return;
      const left = node.spec.drain ? await remaining(node, context) : [];
      for (const instance of left) {
        if (instance.metadata.deletionTimestamp === undefined) await ignoreGone(client.delete(instance));
      }
      // Its own condition alone: the rest of the status is the agent's, and may have changed meanwhile.
      await client.patchStatus(node, { conditions: setCondition([], verdict(node, left.length), new Date(now())) });
    },
  });
}

/** What is still on the node. That nothing is left must be true in the store, not only in a cache that may be behind. */
async function remaining({ metadata: { name } }: Node, { cache, client }: ReconcileContext): Promise<Instance[]> {
  const known = cache.list(Instance).filter(({ spec }) => spec.nodeName === name);
  if (known.length > 0) return known;
  return [...(await client.list(Instance, { fields: { nodeName: name } })).items];
}

function verdict({ spec }: Node, left: number): Omit<Condition, "lastTransitionTime"> {
  const type = "Drained";
  if (!spec.drain) return { type, status: "False", reason: "NotWanted", message: "no drain is asked for" };
  if (left === 0) return { type, status: "True", reason: "Empty", message: "no instance is left" };
  return { type, status: "False", reason: "Draining", message: `instances left: ${String(left)}` };
}
