import { checkArray, checkObject } from "../core/check.js";
import {
  type Controller,
  type Predicate,
  type ReconcileContext,
  defineController,
  watches,
} from "../controllers/index.js";
import {
  type Kind,
  type Resource,
  type ResourceKey,
  foregroundDeletion,
  isDeleting,
  orphanDependents,
} from "../resources/index.js";
import { type Dependent, Dependents, liveDependents } from "./dependents.js";
import { ignoreGone } from "./ignore-gone.js";
import { OwnerLookup, type OwnerState } from "./owner-lookup.js";

/**
 * Deletes what has lost all its owners, and carries out foreground and orphaning deletions: one controller a kind.
 *
 * @remarks
 * An object goes once none of its references leads to a living object of that uid; while some do, only the others are
 * taken off. With `propagation: "foreground"` an owner goes after those that block its deletion, with `"orphan"` after
 * they no longer name it. An owner of a kind that is not among `kinds` counts as living. The rules are those of
 * Kubernetes' garbage collector (`garbagecollector.go`).
 * @throws TypeError when `kinds` is not an array of kinds.
 *
 * @example
 * ```ts
 * import { Deployment, Instance, Workload, garbageCollector } from "keelson/reconcilers";
 *
 * const names = garbageCollector([Deployment, Workload, Instance]).map(({ name }) => name);
 * names // => ["gc-deployment", "gc-workload", "gc-instance"]
 * ```
 */
export function garbageCollector(kinds: readonly Kind[]): readonly Controller[] {
  checkArray("kinds", kinds);
  for (const kind of kinds) checkObject("kinds[]", kind);
  const dependents = new Dependents();
  const owners = new OwnerLookup(kinds);
  return kinds.map((kind) =>
    defineController({
      name: `gc-${kind.name.toLowerCase()}`,
      for: kind,
      when: ownershipChanged,
      concurrency: 20,
      triggers: kinds.map((other) =>
        watches(other, (object) => [...dependents.of(object.metadata.uid, kind), ...ownersOf(object, kind)], {
          when: ownershipChanged,
        }),
      ),
      async reconcile(object, context) {
        dependents.record(kind, object);
        if (isDeleting(object)) await finishDeletion(object, kinds, context);
        else await collect(object, dependents, owners, context);
      },
      onGone: (key) => {
        dependents.forget(kind, key);
      },
    }),
  );
}

const ownershipChanged: Predicate = (event) =>
  event.type !== "modified" || ownership(event.resource) !== ownership(event.previous);

function ownership({ metadata }: Resource): string {
  return JSON.stringify([metadata.ownerReferences, metadata.finalizers, metadata.deletionTimestamp]);
}

/** The owners that an object names and that may wait for it to go. */
function ownersOf({ metadata }: Resource, kind: Kind): readonly ResourceKey[] {
  return metadata.ownerReferences
    .filter((reference) => reference.kind === kind.name)
    .map(({ name }) => (kind.scope === "cluster" ? { name } : { name, namespace: metadata.namespace }));
}

/** Takes off the references to owners that are gone, and deletes what has no other left. */
async function collect(
  object: Resource,
  dependents: Dependents,
  owners: OwnerLookup,
  context: ReconcileContext,
): Promise<void> {
  const references = object.metadata.ownerReferences;
  if (references.length === 0) return;
  const states = new Map<string, OwnerState>();
  for (const reference of references) states.set(reference.uid, await owners.stateOf(reference, object, context));
  const isKept = (state: OwnerState | undefined): boolean => state === "alive" || state === "unknown";
  const all = [...states.values()];
  if (all.some(isKept)) {
    if (!all.every(isKept)) await dropReferences(object, (uid) => !isKept(states.get(uid)), context);
    return;
  }
  if (all.includes("waits") && dependents.hasAny(object.metadata.uid)) {
    await deleteInForeground(object, dependents, context);
    return;
  }
  const { uid, resourceVersion } = object.metadata;
  await ignoreGone(context.client.delete(object, { preconditions: { uid, resourceVersion } }));
}

/** Its own dependents first. In a circle of such deletions each would wait for the next, so it blocks nobody then. */
async function deleteInForeground(
  object: Resource,
  dependents: Dependents,
  { cache, client }: ReconcileContext,
): Promise<void> {
  const isWaiting = ({ kind, key }: Dependent): boolean =>
    cache.get(kind, key)?.metadata.finalizers.includes(foregroundDeletion) === true;
  let present = object;
  if (dependents.all(object.metadata.uid).some(isWaiting)) {
    present = await client.update(object, ({ metadata }) => {
      metadata.ownerReferences = metadata.ownerReferences.map((each) => ({ ...each, blockOwnerDeletion: false }));
    });
  }
  const { uid, resourceVersion } = present.metadata;
  const preconditions = { uid, resourceVersion };
  await ignoreGone(client.delete(present, { propagation: "foreground", preconditions }));
}

/** Does for an object that is being deleted what its propagation asks for. */
async function finishDeletion(object: Resource, kinds: readonly Kind[], context: ReconcileContext): Promise<void> {
  const { finalizers, uid } = object.metadata;
  const finalizer = [orphanDependents, foregroundDeletion].find((name) => finalizers.includes(name));
  if (finalizer === undefined) return;
  const dependents = await liveDependents(object, kinds, context.client);
  if (finalizer === orphanDependents) {
    for (const dependent of dependents) await dropReferences(dependent, (owner) => owner === uid, context);
  } else if (dependents.some((dependent) => blocks(dependent, uid))) {
    return; // each of them wakes it when it goes
  }
  const release = context.client.update(object, ({ metadata }) => {
    metadata.finalizers = metadata.finalizers.filter((name) => name !== finalizer);
  });
  await ignoreGone(release);
}

function blocks({ metadata }: Resource, owner: string): boolean {
  return metadata.ownerReferences.some(({ uid, blockOwnerDeletion }) => uid === owner && blockOwnerDeletion === true);
}

async function dropReferences(
  object: Resource,
  isDropped: (uid: string) => boolean,
  { client }: ReconcileContext,
): Promise<void> {
  const drop = client.update(object, ({ metadata }) => {
    metadata.ownerReferences = metadata.ownerReferences.filter(({ uid }) => !isDropped(uid));
  });
  await ignoreGone(drop);
}
