import type { Kind, Resource, ResourceEvent, ResourceKey } from "../resources/index.js";
import type { Controller } from "./controller.js";
import type { LoopParts } from "./loop-parts.js";
import { keyString, keyStringOf } from "./object-key.js";
import type { Predicate } from "./predicate.js";
import { pullKeys } from "./pull-keys.js";
import type { MapToKeys, Trigger } from "./trigger.js";
import { backgroundPriority } from "./work-queue.js";

/** Puts a key on the controller's queue. */
export type Enqueue = (key: string, priority: number) => void;

/**
 * Connects a controller's own kind and its triggers to what feeds them.
 *
 * @internal
 */
export function bindTriggers(controller: Controller, parts: LoopParts, enqueue: Enqueue): void {
  const { for: kind, when, triggers } = controller.options;
  listen(kind, when, parts, ({ resource }, priority) => {
    enqueue(keyString(resource.metadata), priority);
  });
  for (const trigger of triggers) bindTrigger(trigger, controller, parts, enqueue);
}

function bindTrigger(trigger: Trigger, controller: Controller, parts: LoopParts, enqueue: Enqueue): void {
  const { for: kind } = controller.options;
  switch (trigger.type) {
    case "owns":
      listen(trigger.kind, trigger.when, parts, (event, priority) => {
        for (const resource of bothSides(event)) for (const key of ownersOf(resource, kind)) enqueue(key, priority);
      });
      return;
    case "watches":
      listen(trigger.kind, trigger.when, parts, (event, priority) => {
        for (const resource of bothSides(event)) {
          void mapKeys(trigger.map, resource, parts, (key) => {
            enqueue(keyStringOf(kind, key), priority);
          });
        }
      });
      return;
    case "channel":
      void pullKeys(trigger.keys, parts, (key) => {
        enqueue(keyStringOf(kind, key), 0);
      });
  }
}

type Change = Extract<ResourceEvent<unknown, unknown>, { readonly resource: Resource }>;

function listen(
  { name }: Kind,
  when: Predicate | undefined,
  parts: LoopParts,
  changed: (event: Change, priority: number) => void,
): void {
  const cache = parts.caches.get(name);
  cache?.listen((event) => {
    if (!("resource" in event) || !passes(when, event, parts)) return;
    changed(event, event.type === "added" && !cache.isSynced ? backgroundPriority : 0);
  });
}

/** Deletions always pass; a predicate that fails lets everything pass, as one reconcile too many does no harm. */
function passes(when: Predicate | undefined, event: Change, { log }: LoopParts): boolean {
  if (when === undefined || event.type === "deleted") return true;
  try {
    return when(event);
  } catch (error) {
    log.error({ object: keyString(event.resource.metadata), error }, "a predicate failed");
    return true;
  }
}

/** Of a change, both the object as it is and as it was: one that changes owners wakes both. */
function bothSides(event: Change): readonly Resource[] {
  return event.type === "modified" ? [event.resource, event.previous] : [event.resource];
}

function ownersOf({ metadata }: Resource, owner: Kind): readonly string[] {
  return metadata.ownerReferences
    .filter(({ kind, controller }) => kind === owner.name && controller === true)
    .map(({ name }) => keyStringOf(owner, { name, namespace: metadata.namespace }));
}

async function mapKeys(
  map: MapToKeys<Resource>,
  resource: Resource,
  { client, log }: LoopParts,
  add: (key: ResourceKey) => void,
): Promise<void> {
  try {
    const keys = map(resource, { client });
    for (const key of "then" in keys ? await keys : keys) add(key);
  } catch (error) {
    log.error({ object: keyString(resource.metadata), error }, "a trigger's map failed");
  }
}
