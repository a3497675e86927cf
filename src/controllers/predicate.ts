import type { Resource, ResourceEvent } from "../resources/index.js";

/** Decides whether a change of an object is worth a reconcile. */
export type Predicate = (event: ResourceEvent<unknown, unknown>) => boolean;

type Aspect = (resource: Resource) => unknown;

function changed(aspect: Aspect): Predicate {
  return (event) =>
    event.type !== "modified" || JSON.stringify(aspect(event.resource)) !== JSON.stringify(aspect(event.previous));
}

/**
 * Predicates: each lets every creation and deletion pass, and those changes that touch its aspect.
 *
 * @remarks They keep a controller from running, not objects out of the cache.
 *
 * @example
 * ```ts
 * import { when } from "keelson/controllers";
 *
 * const relevant = when.any(when.generationChanged, when.labelsChanged);
 * typeof relevant // => "function"
 * ```
 */
export const when: {
  /** The spec changed, or deletion was asked for. */
  readonly generationChanged: Predicate;
  /** A label changed. */
  readonly labelsChanged: Predicate;
  /** An annotation changed. */
  readonly annotationsChanged: Predicate;
  /** Anything changed. */
  readonly resourceVersionChanged: Predicate;
  /** At least one of them passes. */
  readonly any: (...predicates: readonly Predicate[]) => Predicate;
  /** All of them pass. */
  readonly all: (...predicates: readonly Predicate[]) => Predicate;
  /** Changes that do not pass it; creations and deletions pass, or nothing would be looked at in the first place. */
  readonly not: (predicate: Predicate) => Predicate;
} = {
  generationChanged: changed(({ metadata }) => metadata.generation),
  labelsChanged: changed(({ metadata }) => metadata.labels),
  annotationsChanged: changed(({ metadata }) => metadata.annotations),
  resourceVersionChanged: changed(({ metadata }) => metadata.resourceVersion),
  any:
    (...predicates) =>
    (event) =>
      predicates.some((predicate) => predicate(event)),
  all:
    (...predicates) =>
    (event) =>
      predicates.every((predicate) => predicate(event)),
  not: (predicate) => (event) => event.type !== "modified" || !predicate(event),
};
