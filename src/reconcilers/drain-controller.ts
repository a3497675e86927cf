import { type Controller, defineController, watches } from "../controllers/index.js";
import { isKeelsonError } from "../core/index.js";
import { findCondition, setCondition } from "../resources/index.js";
import { Instance } from "./kinds/instance.js";
import { Node } from "./kinds/node.js";

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
    async reconcile(node, { client, cache, now }) {
      const conditions = node.status?.conditions ?? [];
      const known = findCondition(conditions, "Drained");
      if (!node.spec.drain && known === undefined) return;
      const left = cache.list(Instance).filter(({ spec }) => spec.nodeName === node.metadata.name);
      if (node.spec.drain) {
        for (const instance of left) {
          if (instance.metadata.deletionTimestamp !== undefined) continue;
          await client.delete(instance).catch((error: unknown) => {
            if (!isKeelsonError(error, "RESOURCE_NOT_FOUND")) throw error;
          });
        }
      }
      const drained = node.spec.drain && left.length === 0;
      const condition = {
        type: "Drained",
        status: drained ? "True" : "False",
        reason: node.spec.drain ? (drained ? "Empty" : "Draining") : "NotWanted",
        message: node.spec.drain ? `${String(left.length)} instances left` : "no drain is asked for",
      } as const;
      await client.patchStatus(node, { conditions: setCondition(conditions, condition, new Date(now())) });
    },
  });
}
