import type { Resource, ResourceEvent, ResourceKey } from "../resources/index.js";
import type { Controller } from "./controller.js";
import type { LoopParts } from "./loop-parts.js";
import { keyString } from "./object-key.js";
import type { MapToKeys, Trigger } from "./trigger.js";
import { backgroundPriority } from "./work-queue.js";

type Enqueue = (key: ResourceKey, priority: number) => void;

/**
 * Connects a controller's triggers to the caches that feed them.
 *
 * @internal
 */
export function bindTriggers(controller: Controller, parts: LoopParts, enqueue: Enqueue): void {
  for (const trigger of controller.options.triggers) bindTrigger(trigger, controller, parts, enqueue);
}

function bindTrigger(trigger: Trigger, controller: Controller, parts: LoopParts, enqueue: Enqueue): void {
  if (trigger.type === "channel") {
    void pull(trigger.keys, parts, enqueue);
    return;
  }
  const cache = parts.caches.get(trigger.kind.name);
  cache?.listen((event) => {
    if (!("resource" in event)) return;
    if (trigger.when !== undefined && event.type !== "deleted" && !trigger.when(event)) return;
    const priority = event.type === "added" && !cache.isSynced ? backgroundPriority : 0;
    for (const resource of bothSides(event)) {
      if (trigger.type === "owns") {
        for (const key of managers(resource, controller)) enqueue(key, priority);
      } else {
        mapKeys(trigger.map, resource, parts, (key) => {
          enqueue(key, priority);
        });
      }
    }
  });
}

/** Of a change, both the object as it is and as it was: one that changes owners wakes both. */
function bothSides(event: ResourceEvent<unknown, unknown> & { readonly resource: Resource }): readonly Resource[] {
  return event.type === "modified" ? [event.resource, event.previous] : [event.resource];
}

function managers({ metadata }: Resource, { options }: Controller): readonly ResourceKey[] {
  return metadata.ownerReferences
    .filter(({ kind, controller }) => kind === options.for.name && controller === true)
    .map(({ name }) => (options.for.scope === "cluster" ? { name } : { namespace: metadata.namespace, name }));
}

function mapKeys(
  map: MapToKeys<Resource>,
  resource: Resource,
  parts: LoopParts,
  add: (key: ResourceKey) => void,
): void {
  const failed = (error: unknown): void => {
    parts.log.error({ object: keyString(resource.metadata), error }, "a trigger's map failed");
  };
  try {
    const keys = map(resource, { client: parts.clients(() => undefined) });
    if ("then" in keys)
      keys.then((found) => {
        found.forEach(add);
      }, failed);
    else keys.forEach(add);
  } catch (error) {
    failed(error);
  }
}

async function pull(keys: AsyncIterable<ResourceKey>, { stop, runtime }: LoopParts, enqueue: Enqueue): Promise<void> {
  try {
    for await (const key of keys) {
      if (stop.aborted) return;
      enqueue(key, 0);
    }
  } catch (error) {
    runtime.report(error, { task: "controller channel trigger" });
  }
}
