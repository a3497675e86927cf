import { PENDING, type Runtime, type Source, type Waiter } from "../core/index.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { Kind, ResourceClient, ResourceEvent } from "../resources/index.js";
import { ObjectIndex, type ObjectView } from "./object-index.js";

/** Takes every event of a cache, in order, after the cache has taken it in. */
export type CacheListener = (event: ResourceEvent<unknown, unknown>) => void;

/**
 * All objects of one kind in memory, frozen, kept up to date by one watch.
 *
 * @internal
 */
export class ResourceCache {
  readonly kind: Kind;
  readonly #runtime: Runtime;
  readonly #objects = new ObjectIndex();
  readonly #listeners: CacheListener[] = [];
  readonly #waiters = new Set<Waiter<void>>();
  #revision = 0;
  #synced = false;

  constructor(kind: Kind, runtime: Runtime) {
    this.kind = kind;
    this.#runtime = runtime;
  }

  /** What it has taken in. */
  get objects(): ObjectView {
    return this.#objects;
  }

  /** Everything up to this revision has been taken in. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the initial list has been taken in. */
  get isSynced(): boolean {
    return this.#synced;
  }

  listen(listener: CacheListener): void {
    this.#listeners.push(listener);
  }

  /** Waits until everything up to `revision`, and the initial list in any case, has been taken in. */
  reached(revision: number, options?: WaitOptions): Promise<void> {
    return wait(this.#runtime, "cache", this.#reaching(revision), options);
  }

  /** Keeps the cache up to date until `signal` aborts; the watch reconnects by itself. */
  async run(client: ResourceClient, signal: AbortSignal): Promise<void> {
    for await (const event of client.watch(this.kind, { signal })) this.#take(event);
    if (!signal.aborted) throw new Error(`the watch of ${this.kind.name} ended`);
  }

  #take(event: ResourceEvent<unknown, unknown>): void {
    if (event.type === "deleted") this.#objects.remove(event.resource);
    else if ("resource" in event) this.#objects.put(event.resource);
    for (const listener of this.#listeners) listener(event);
    // Only these say that nothing before is still to come: a relist delivers objects in the order of their names.
    if (event.type === "synced") this.#synced = true;
    if (event.type === "synced" || event.type === "progress") this.#advance(Number(event.resourceVersion));
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    if (!this.#synced) return;
    for (const waiter of this.#waiters) {
      if (waiter.wanted > this.#revision) continue;
      this.#waiters.delete(waiter);
      waiter.commit();
    }
  }

  #reaching(revision: number): Source<void> {
    return {
      poll: () => (this.#synced && this.#revision >= revision ? undefined : PENDING),
      arm: (waiter) => {
        waiter.wanted = revision;
        this.#waiters.add(waiter);
      },
      disarm: (waiter) => {
        this.#waiters.delete(waiter);
      },
    };
  }
}
