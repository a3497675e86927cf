import type { OwnerReference, Resource } from "./resource.js";

/**
 * The finalizer that holds an owner until what it owns is gone; the garbage collector removes it.
 */
export const foregroundDeletion = "foregroundDeletion";

/**
 * The finalizer that holds an owner until what it owns no longer names it; the garbage collector removes it.
 */
export const orphanDependents = "orphan";

/**
 * A reference by which another object says that it belongs to this one; managing unless told otherwise.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind, ownerReference } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ image: string }>()("App");
 * const app = await createResourceClient(memoryStore()).create(App, { metadata: { name: "web" }, spec: { image: "a" } });
 * ownerReference(app).blockOwnerDeletion // => true
 * ```
 */
export function ownerReference(
  owner: Resource,
  { controller = true }: { readonly controller?: boolean } = {},
): OwnerReference {
  const { name, uid } = owner.metadata;
  return { kind: owner.kind, name, uid, ...(controller ? { controller } : {}), blockOwnerDeletion: true };
}

/**
 * The owner that manages an object, if one does.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind, ownerOf } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ image: string }>()("App");
 * const client = createResourceClient(memoryStore());
 * const web = await client.create(App, { metadata: { name: "web" }, spec: { image: "a" } });
 * const part = await client.create(App, { metadata: { name: "web-0" }, spec: { image: "a" } }, { owner: web });
 * ownerOf(part)?.name // => "web"
 * ```
 */
export function ownerOf(resource: Resource): OwnerReference | undefined {
  return resource.metadata.ownerReferences.find((reference) => reference.controller === true);
}

/**
 * Whether an object's deletion was asked for, and only its finalizers keep it.
 *
 * @example
 * ```ts
 * import { createResourceClient, defineKind, isDeleting } from "keelson/resources";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const App = defineKind<{ image: string }>()("App");
 * const app = await createResourceClient(memoryStore()).create(App, { metadata: { name: "web" }, spec: { image: "a" } });
 * isDeleting(app) // => false
 * ```
 */
export function isDeleting(resource: Resource): boolean {
  return resource.metadata.deletionTimestamp !== undefined;
}

/** References with another added, in the place of one to the same owner. */
export function withOwner(references: readonly OwnerReference[], reference: OwnerReference): readonly OwnerReference[] {
  return [...references.filter(({ uid }) => uid !== reference.uid), reference];
}
