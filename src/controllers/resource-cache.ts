import { PENDING, type Runtime, type Source, type Waiter } from "../core/index.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { Kind, Resource, ResourceClient, ResourceEvent } from "../resources/index.js";
import type { CacheBounds } from "./cache-bounds.js";
import { cacheUpdates } from "./diagnostics.js";
import { ObjectIndex, type ObjectView } from "./object-index.js";

/** Takes every event of a cache, in order, after the cache has taken it in. */
export type CacheListener = (event: ResourceEvent<unknown, unknown>) => void;

/**
 * How much a cache holds, for metrics such as `cache_bytes`; also published on `keelson:cache`, at most once a second,
 * as it is brought up to date.
 */
export interface CacheStats {
  /** The kind of its objects. */
  readonly kind: string;
  /** How many they are. */
  readonly objects: number;
  /** About how many bytes they would take as JSON: measured on a sample. */
  readonly bytes: number;
  /** The revision up to which it has taken everything in. */
  readonly revision: number;
}

/** One object in so many is measured: to measure each would cost as much as to read it. */
const sampleEvery = 64;
/** The cache is told of, while somebody listens, at most this often. */
const tellEveryMs = 1_000;

/**
 * All objects of one kind in memory, frozen, kept up to date by one watch.
 *
 * @internal
 */
export class ResourceCache {
  readonly kind: Kind;
  readonly bounds: CacheBounds;
  readonly #runtime: Runtime;
  readonly #objects: ObjectIndex;
  readonly #listeners: CacheListener[] = [];
  readonly #waiters = new Set<Waiter<void>>();
  #revision = 0;
  #synced = false;
  #puts = 0;
  #sampled = { objects: 0, bytes: 0 };
  #isTelling = false;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(bounds: CacheBounds, runtime: Runtime) {
    this.kind = bounds.kind;
    this.bounds = bounds;
    this.#runtime = runtime;
    this.#objects = new ObjectIndex(bounds.kind);
  }

  /** What it has taken in. */
  get objects(): ObjectView {
    return this.#objects;
  }

  /** The keys of what it has taken in. */
  get keys(): Iterable<string> {
    return this.#objects.keys();
  }

  /** Everything up to this revision has been taken in. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether the initial list has been taken in. */
  get isSynced(): boolean {
    return this.#synced;
  }

  stats(): CacheStats {
    const { objects, bytes } = this.#sampled;
    const each = objects === 0 ? 0 : bytes / objects;
    const { size } = this.#objects;
    return { kind: this.kind.name, objects: size, bytes: Math.round(size * each), revision: this.#revision };
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
    const { namespace, labels, fields, transform } = this.bounds;
    for await (const event of client.watch(this.kind, { namespace, labels, fields, transform, signal })) {
      this.#take(event);
    }
    if (!signal.aborted) throw new Error(`the watch of ${this.kind.name} ended`);
  }

  #take(event: ResourceEvent<unknown, unknown>): void {
    if (event.type === "deleted") this.#objects.remove(event.resource);
    else if ("resource" in event) this.#put(event.resource);
    for (const listener of this.#listeners) listener(event);
    // Only these say that nothing before is still to come: a relist delivers objects in the order of their names.
    if (event.type === "synced") this.#synced = true;
    if (event.type === "synced" || event.type === "progress") this.#advance(Number(event.resourceVersion));
  }

  #put(resource: Resource): void {
    this.#objects.put(resource);
    this.#puts += 1;
    if (this.#puts % sampleEvery !== 1) return;
    const { objects, bytes } = this.#sampled;
    this.#sampled = { objects: objects + 1, bytes: bytes + JSON.stringify(resource).length };
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision);
    if (!this.#synced) return;
    this.#tell();
    for (const waiter of this.#waiters) {
      if ((waiter.payload as number) > this.#revision) continue;
      this.#waiters.delete(waiter);
      waiter.commit();
    }
  }

  /** Tells whoever listens, at most so often, and of the last state in any case. */
  #tell(): void {
    if (!cacheUpdates.hasSubscribers || this.#isTelling) return;
    const left = this.#toldAt + tellEveryMs - this.#runtime.now();
    if (left <= 0) {
      this.#toldAt = this.#runtime.now();
      cacheUpdates.publish(Object.freeze(this.stats()));
      return;
    }
    this.#isTelling = true;
    const later = (): void => {
      this.#isTelling = false;
      this.#tell();
    };
    this.#runtime.timer(left, later, "cache metrics").unref();
  }

  #reaching(revision: number): Source<void> {
    return {
      poll: () => (this.#synced && this.#revision >= revision ? undefined : PENDING),
      arm: (waiter) => {
        waiter.payload = revision;
        this.#waiters.add(waiter);
      },
      disarm: (waiter) => {
        this.#waiters.delete(waiter);
      },
    };
  }
}
