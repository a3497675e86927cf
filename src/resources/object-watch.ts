import type { Backoff } from "../resilience/index.js";
import { exponential } from "../resilience/index.js";
import {
  CompactedError,
  type KeyValue,
  StoreUnavailableError,
  type WatchBatch,
  WatchLaggedError,
} from "../store/index.js";
import type { ClientContext } from "./client-context.js";
import { deepFreeze } from "./freeze.js";
import { isSameJson } from "./json.js";
import type { Kind } from "./kind.js";
import { type Read, pagesOf, readSelected } from "./listing.js";
import { keyOf } from "./object-key.js";
import type { ResourceEvent } from "./resource-client.js";
import type { Resource } from "./resource.js";
import type { Selection } from "./selection.js";

type Event = ResourceEvent<unknown, unknown>;
type Transform = (resource: Resource) => Resource;

/** Between attempts to reach a store: a driver reconnects by itself, so this only keeps a refusal from spinning. */
const backoff: Backoff = /* @__PURE__ */ exponential({ base: 100, cap: "30s", jitter: "equal" });

/** One watch on objects: what it has delivered, and so what an event means to whoever listens. */
export class ObjectWatch {
  readonly #context: ClientContext;
  readonly #kind: Kind;
  readonly #selection: Selection;
  readonly #transform: Transform | undefined;
  /** The objects that the listener takes to exist, by the store's key. */
  readonly #known = new Map<string, Resource>();
  /** Everything up to here has been delivered. */
  #seen = 0;

  constructor(context: ClientContext, kind: Kind, selection: Selection, transform?: Transform) {
    this.#context = context;
    this.#kind = kind;
    this.#selection = selection;
    this.#transform = transform;
  }

  /** Delivers events until the signal aborts; those after a version, or present objects first. */
  async *events(after: number | undefined, signal: AbortSignal): AsyncGenerator<Event> {
    const { runtime } = this.#context;
    let next: "recall" | "list" | "relist" | "watch" = after === undefined ? "list" : "recall";
    for (let failures = 0, delay = 0; ;) {
      try {
        switch (next) {
          case "recall":
            await this.#recall(after ?? 0, signal);
            break;
          case "list":
            yield* this.#list(signal);
            yield { type: "synced", resourceVersion: String(this.#seen) };
            break;
          case "relist":
            yield* this.#list(signal);
            yield { type: "progress", resourceVersion: String(this.#seen) };
            break;
          case "watch":
            for await (const batch of this.#batches(signal)) {
              yield* this.#delivered(batch);
              [failures, delay] = [0, 0];
            }
        }
        // A watch that ends without an error is taken for a connection that was lost.
        if (next === "watch") throw new StoreUnavailableError("the watch ended");
        next = "watch";
      } catch (error) {
        signal.throwIfAborted();
        next = this.#resumption(next, error);
        failures += 1;
        // Lagging and compaction are cured by what comes next, unless it happens again and again.
        if (error instanceof StoreUnavailableError || failures > 1) {
          delay = backoff({ attempt: failures, previous: delay, error, random: () => runtime.random() });
          await runtime.sleep(delay, { signal });
        }
      }
    }
  }

  /** What comes after a failure; throws it where there is no way on. */
  #resumption(during: "recall" | "list" | "relist" | "watch", error: unknown): "recall" | "list" | "relist" | "watch" {
    if (error instanceof StoreUnavailableError || error instanceof WatchLaggedError) return during;
    // Whoever starts at a version that is gone does not know what to compare with.
    if (error instanceof CompactedError && during !== "recall") return during === "watch" ? "relist" : during;
    throw error;
  }

  #batches(signal: AbortSignal): AsyncIterable<WatchBatch> {
    const { start, end } = this.#selection;
    return this.#context.store.watch({ start, end }, { from: this.#seen + 1, signal });
  }

  /** Reads what the listener already has, so that deletions can be told with the object. */
  async #recall(revision: number, signal: AbortSignal): Promise<void> {
    // The present is tried first: it is the usual case, and it can be read even where its revision is compacted.
    const found = (await this.#read({}, revision, signal)) ?? (await this.#read({ revision }, revision, signal));
    for (const [key, resource] of found ?? []) this.#known.set(key, resource);
    this.#seen = revision;
  }

  /** The selected objects, provided that they are those of a revision. */
  async #read(
    cursor: { readonly revision?: number },
    wanted: number,
    signal: AbortSignal,
  ): Promise<Map<string, Resource> | undefined> {
    const found = new Map<string, Resource>();
    for await (const { revision, kvs } of pagesOf(this.#context, this.#selection, cursor, signal)) {
      if (revision !== wanted) return undefined;
      for (const kv of kvs) {
        const read = this.#readKey(kv);
        if (read?.ok === true) found.set(kv.key, read.resource);
      }
    }
    return found;
  }

  /** Reads a key, and drops of the object what its reader has no use for. */
  #readKey(kv: KeyValue): Read | undefined {
    const read = readSelected(this.#context, this.#kind, this.#selection, kv);
    if (read?.ok !== true || this.#transform === undefined) return read;
    try {
      return { ok: true, resource: deepFreeze(this.#transform(read.resource)) };
    } catch (error) {
      return { ok: false, key: keyOf(read.resource), error };
    }
  }

  /** Reads what is there, and delivers how it differs from what the listener has. */
  async *#list(signal: AbortSignal): AsyncGenerator<Event> {
    const gone = new Set(this.#known.keys());
    let at = 0;
    for await (const { revision, kvs } of pagesOf(this.#context, this.#selection, {}, signal)) {
      at = revision;
      for (const kv of kvs) {
        gone.delete(kv.key);
        yield* this.#put(kv);
      }
    }
    for (const key of gone) yield* this.#gone(key, at);
    this.#seen = at;
  }

  *#delivered(batch: WatchBatch): Generator<Event> {
    if (batch.type === "events") {
      for (const { type, kv } of batch.events)
        yield* type === "put" ? this.#put(kv) : this.#gone(kv.key, kv.modRevision);
    }
    if (batch.revision <= this.#seen) return;
    this.#seen = batch.revision;
    // After every batch: an object's version does not say that all before it was delivered, as a relist goes by name.
    yield { type: "progress", resourceVersion: String(batch.revision) };
  }

  *#put(kv: KeyValue): Generator<Event> {
    const previous = this.#known.get(kv.key);
    const read = this.#readKey(kv);
    if (read === undefined) {
      yield* this.#gone(kv.key, kv.modRevision);
    } else if (!read.ok) {
      yield { type: "invalid", key: read.key, error: read.error, resourceVersion: String(kv.modRevision) };
    } else {
      const { resource } = read;
      this.#known.set(kv.key, resource);
      if (previous === undefined) yield { type: "added", resource };
      else if (previous.metadata.uid !== resource.metadata.uid) {
        yield { type: "deleted", resource: previous, resourceVersion: resource.metadata.resourceVersion };
        yield { type: "added", resource };
      } else if (!isSameJson(previous, resource)) yield { type: "modified", resource, previous };
    }
  }

  *#gone(key: string, revision: number): Generator<Event> {
    const resource = this.#known.get(key);
    if (resource === undefined) return;
    this.#known.delete(key);
    yield { type: "deleted", resource, resourceVersion: String(revision) };
  }
}
