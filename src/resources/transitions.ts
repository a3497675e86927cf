import { deepFreeze } from "./freeze.js";
import { isSameJson } from "./json.js";
import { objectMeta } from "./object-meta.js";
import type { Kind } from "./kind.js";
import type { WritableMeta } from "./draft.js";
import type { Resource, ResourceKey } from "./resource.js";

/** What becomes of an object: pure, so that every rule can be tested without a store. */

/** A new object, not stored yet. */
export function newObject(
  kind: Kind,
  key: ResourceKey,
  meta: WritableMeta,
  spec: unknown,
  { uid, now }: { readonly uid: string; readonly now: string },
): Resource {
  return deepFreeze({
    kind: kind.name,
    metadata: objectMeta(key, {
      uid,
      generation: 1,
      resourceVersion: unstored,
      creationTimestamp: now,
      ...meta,
    }),
    spec,
  });
}

/** The resourceVersion of what was not stored: what a dry run answers. */
export const unstored = "0";

/** The object with its writable parts replaced; itself when nothing is different. */
export function changedObject(previous: Resource, meta: WritableMeta, spec: unknown): Resource {
  const { labels, annotations, ownerReferences, finalizers } = previous.metadata;
  const sameSpec = isSameJson(previous.spec, spec);
  if (sameSpec && isSameJson({ labels, annotations, ownerReferences, finalizers }, meta)) return previous;
  const generation = previous.metadata.generation + (sameSpec ? 0 : 1);
  return deepFreeze({
    ...previous,
    metadata: { ...previous.metadata, generation, ...meta },
    spec: sameSpec ? previous.spec : spec,
  });
}

/** The object with another status; itself when it is the same one. */
export function withStatus(previous: Resource, status: unknown): Resource {
  return isSameJson(previous.status, status) ? previous : deepFreeze({ ...previous, status });
}

/** How a deletion was asked for. */
export interface DeletionRequest {
  /** The finalizer that carries out its propagation, if any. */
  readonly finalizer: string | undefined;
  /** Seconds the object is given to end by itself. */
  readonly gracePeriodSeconds: number | undefined;
  /** When: ISO 8601. */
  readonly now: string;
}

/**
 * The object whose deletion was asked for; itself when it has been before, as only a shorter grace period changes that.
 * It goes at once when it is {@link isDone}.
 */
export function deletedObject(previous: Resource, request: DeletionRequest): Resource {
  const { metadata } = previous;
  const { finalizer, gracePeriodSeconds, now } = request;
  const grace = gracePeriodSeconds === undefined ? {} : { deletionGracePeriodSeconds: gracePeriodSeconds };
  if (metadata.deletionTimestamp !== undefined) {
    const left = metadata.deletionGracePeriodSeconds ?? Number.POSITIVE_INFINITY;
    if (gracePeriodSeconds === undefined || gracePeriodSeconds >= left) return previous;
    return deepFreeze({ ...previous, metadata: { ...metadata, ...grace } });
  }
  const added = finalizer !== undefined && !metadata.finalizers.includes(finalizer) ? [finalizer] : [];
  return deepFreeze({
    ...previous,
    metadata: {
      ...metadata,
      generation: metadata.generation + 1,
      deletionTimestamp: now,
      ...grace,
      finalizers: [...metadata.finalizers, ...added],
    },
  });
}

/** Whether nothing keeps an object any more: its deletion was asked for and it has no finalizers. */
export function isDone({ metadata }: Resource): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers.length === 0;
}
