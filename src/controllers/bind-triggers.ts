import type { Kind, Resource, ResourceEvent, ResourceKey } from "../resources/index.js";
import type { Controller } from "./controller.js";
import type { LoopParts } from "./loop-parts.js";
import { keyString, keyStringOf } from "./object-key.js";
import type { Predicate } from "./predicate.js";
import { pullKeys } from "./pull-keys.js";
import type { MapToKeys, Trigger } from "./trigger.js";
import { backgroundPriority } from "./work-queue.js";

/** Puts a key on the controller's queue, and says why; what is gathered may wait for more of its kind. */
export type Enqueue = (key: string, priority: number, reason: string, isGathered?: boolean) => void;

/**
 * Connects a controller's own kind and its triggers to what feeds them.
 *
 * @internal
 */
export function bindTriggers(controller: Controller, parts: LoopParts, enqueue: Enqueue): void {
  const { for: kind, when, triggers } = controller.options;
  listen({ kind, when }, parts, ({ resource }, priority, reason) => {
    enqueue(keyString(resource.metadata), priority, reason);
  });
  for (const trigger of triggers) bindTrigger(trigger, controller, parts, enqueue);
}

function bindTrigger(trigger: Trigger, controller: Controller, parts: LoopParts, enqueue: Enqueue): void {
  const { for: kind } = controller.options;
  switch (trigger.type) {
    case "owns":
      listen(trigger, parts, (event, priority, reason) => {
        for (const resource of bothSides(event)) {
          for (const key of ownersOf(resource, kind, trigger.shared === true)) enqueue(key, priority, reason, true);
        }
      });
      return;
    case "watches":
      listen(trigger, parts, (event, priority, reason) => {
        for (const resource of bothSides(event)) {
          void mapKeys(trigger.map, resource, parts, (key) => {
            enqueue(keyStringOf(kind, key), priority, reason, true);
          });
        }
      });
      return;
    case "channel":
      void pullKeys(trigger.keys, parts, (key) => {
        enqueue(keyStringOf(kind, key), 0, "channel");
      });
  }
}

type Change = Extract<ResourceEvent<unknown, unknown>, { readonly resource: Resource }>;

/** Which changes of which kind, and how soon they matter. */
interface Source {
  readonly kind: Kind;
  readonly when?: Predicate | undefined;
  readonly priority?: number | undefined;
}

function listen(
  { kind: { name }, when, priority = 0 }: Source,
  parts: LoopParts,
  changed: (event: Change, priority: number, reason: string) => void,
): void {
  const cache = parts.caches.get(name);
  cache?.listen((event) => {
    if (!("resource" in event) || !passes(when, event, parts)) return;
    const isBackground = event.type === "added" && !cache.isSynced;
    changed(event, isBackground ? backgroundPriority : priority, `${name} ${event.type}`);
  });
}

/** Deletions always pass; a predicate that fails lets everything pass, as one reconcile too many does no harm. */
function passes(when: Predicate | undefined, event: Change, { log, reports }: LoopParts): boolean {
  if (when === undefined || event.type === "deleted") return true;
  try {
    return when(event);
  } catch (error) {
    reports?.failed(error, "a predicate");
    log.error({ object: keyString(event.resource.metadata), err: error }, "a predicate failed");
    return true;
  }
}

/** Of a change, both the object as it is and as it was: one that changes owners wakes both. */
function bothSides(event: Change): readonly Resource[] {
  return event.type === "modified" ? [event.resource, event.previous] : [event.resource];
}

function ownersOf({ metadata }: Resource, owner: Kind, shared: boolean): readonly string[] {
  return metadata.ownerReferences
    .filter(({ kind, controller }) => kind === owner.name && (shared || controller === true))
    .map(({ name }) => keyStringOf(owner, { name, namespace: metadata.namespace }));
}

/** How often a map that fails is asked again: what it was told would be lost otherwise. */
const mapTries = 10;
const mapDelayMs = 100;

async function mapKeys(
  map: MapToKeys<Resource>,
  resource: Resource,
  { client, log, reports, runtime, stop }: LoopParts,
  add: (key: ResourceKey) => void,
): Promise<void> {
  for (let tried = 1; !stop.aborted; tried += 1) {
    try {
      const keys = map(resource, { client });
      for (const key of "then" in keys ? await keys : keys) add(key);
      return;
    } catch (error) {
      reports?.failed(error, "a trigger's map");
      log.error({ object: keyString(resource.metadata), err: error }, "a trigger's map failed");
    }
    if (tried === mapTries) return;
    await runtime.sleep(mapDelayMs * 2 ** (tried - 1), { signal: stop }).catch(() => undefined);
  }
}
