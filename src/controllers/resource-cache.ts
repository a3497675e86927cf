import { List, type ListNode } from "../core/list.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { Runtime } from "../core/index.js";
import type { Kind, Resource, ResourceClient, ResourceEvent, ResourceKey } from "../resources/index.js";
import { keyString } from "./object-key.js";

/** Takes every event of a cache, in order, after the cache has taken it in. */
export type CacheListener = (event: ResourceEvent<unknown, unknown>) => void;

/**
 * All objects of one kind in memory, frozen, kept up to date by one watch, with an index by owner.
 *
 * @internal
 */
export class ResourceCache {
  readonly kind: Kind;
  readonly #runtime: Runtime;
  readonly #objects = new Map<string, Resource>();
  readonly #byOwner = new Map<string, Map<string, Resource>>();
  readonly #listeners: CacheListener[] = [];
  readonly #waiters = new List<RevisionWaiter & ListNode>();
  #revision = 0;
  #synced = false;

  constructor(kind: Kind, runtime: Runtime) {
    this.kind = kind;
    this.#runtime = runtime;
  }

  /** Everything up to this revision has been taken in. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the initial list has been taken in. */
  get isSynced(): boolean {
    return this.#synced;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: ResourceKey | string): Resource | undefined {
    return this.#objects.get(typeof key === "string" ? key : keyString(key));
  }

  list(): Resource[] {
    return [...this.#objects.values()];
  }

  /** The objects that the object of that uid manages. */
  ownedBy(uid: string): Resource[] {
    return [...(this.#byOwner.get(uid)?.values() ?? [])];
  }

  listen(listener: CacheListener): void {
    this.#listeners.push(listener);
  }

  /** Waits until everything up to `revision` has been taken in. */
  reached(revision: number, options?: WaitOptions): Promise<void> {
    return wait(this.#runtime, "cache", this.#reaching(revision), options);
  }

  /** Keeps the cache up to date until `signal` aborts; the watch reconnects by itself. */
  async run(client: ResourceClient, signal: AbortSignal): Promise<void> {
    for await (const event of client.watch(this.kind, { signal })) this.#take(event);
  }

  #take(event: ResourceEvent<unknown, unknown>): void {
    switch (event.type) {
      case "added":
      case "modified":
        this.#store(event.resource);
        this.#tell(event);
        this.#advance(event.resource.metadata.resourceVersion);
        return;
      case "deleted":
        this.#forget(event.resource);
        this.#tell(event);
        this.#advance(event.resourceVersion);
        return;
      case "invalid":
        this.#advance(event.resourceVersion);
        return;
      case "synced":
        this.#synced = true;
        this.#tell(event);
        this.#advance(event.resourceVersion);
        return;
      case "progress":
        this.#advance(event.resourceVersion);
        return;
    }
  }

  #tell(event: ResourceEvent<unknown, unknown>): void {
    for (const listener of this.#listeners) listener(event);
  }

  #store(resource: Resource): void {
    const key = keyString(resource.metadata);
    const previous = this.#objects.get(key);
    if (previous !== undefined) this.#unindex(key, previous);
    this.#objects.set(key, resource);
    for (const { uid, controller } of resource.metadata.ownerReferences) {
      if (controller !== true) continue;
      const owned = this.#byOwner.get(uid) ?? new Map<string, Resource>();
      this.#byOwner.set(uid, owned.set(key, resource));
    }
  }

  #forget(resource: Resource): void {
    const key = keyString(resource.metadata);
    const known = this.#objects.get(key);
    if (known === undefined) return;
    this.#unindex(key, known);
    this.#objects.delete(key);
  }

  #unindex(key: string, resource: Resource): void {
    for (const { uid } of resource.metadata.ownerReferences) {
      const owned = this.#byOwner.get(uid);
      owned?.delete(key);
      if (owned?.size === 0) this.#byOwner.delete(uid);
    }
  }

  #advance(resourceVersion: string): void {
    this.#revision = Math.max(this.#revision, Number(resourceVersion));
    if (!this.#synced) return;
    for (let waiter = this.#waiters.first; waiter !== undefined;) {
      const next = waiter.next as typeof waiter | undefined;
      if (waiter.wanted <= this.#revision) {
        waiter.unlink();
        waiter.commit();
      }
      waiter = next;
    }
  }

  #reaching(revision: number): Source<void> {
    return {
      poll: () => (this.#synced && this.#revision >= revision ? undefined : PENDING),
      arm: (waiter) => {
        waiter.wanted = revision;
        this.#waiters.push(waiter);
      },
      disarm: (waiter) => {
        waiter.unlink();
      },
    };
  }
}

type RevisionWaiter = Waiter<void>;
