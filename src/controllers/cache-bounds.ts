import type { Kind, Resource } from "../resources/index.js";

/** What a manager's cache of one kind holds; see {@link bounded}. */
export interface CacheBounds {
  /** Of which kind. */
  readonly kind: Kind;
  /** Only this namespace. */
  readonly namespace?: string | undefined;
  /** Only what this label selector means. */
  readonly labels?: string | undefined;
  /** Only objects with these values in fields that the kind declares. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** What is kept of each object. */
  readonly transform?: ((resource: Resource) => Resource) | undefined;
}

/**
 * Bounds what a manager keeps in memory of a kind: by namespace, labels or declared fields, and of each object only what
 * `transform` leaves of it.
 *
 * @remarks
 * What is outside of the bounds does not exist for controllers: it wakes nobody, and `cache` and `owned` do not show it.
 * A `transform` must keep the metadata; a write re-reads the object, so that nothing is lost that it left out.
 *
 * @example
 * ```ts
 * import { bounded, createManager } from "keelson/controllers";
 * import { defineKind } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ node: string; manual: string }>()("App", { fields: { node: ({ spec }) => spec.node } });
 * const mine = bounded(App, {
 *   fields: { node: "node-1" },
 *   transform: (app) => ({ ...app, spec: { ...app.spec, manual: "" } }),
 * });
 * const manager = createManager({ store: memoryStore(), controllers: [], caches: [mine] });
 * manager.queueDepths() // => {}
 * ```
 */
export function bounded<Spec, Status, Input>(
  kind: Kind<Spec, Status, Input>,
  bounds: Omit<CacheBounds, "kind" | "transform"> & {
    readonly transform?: (resource: Resource<Spec, Status>) => Resource<Spec, Status>;
  },
): CacheBounds {
  const { transform, ...selection } = bounds;
  // The cache holds objects of this kind only, whose types its schema vouches for.
  return transform === undefined
    ? { ...selection, kind }
    : { ...selection, kind, transform: transform as (resource: Resource) => Resource };
}
