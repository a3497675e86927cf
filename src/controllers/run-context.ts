import { LinkedSignal } from "../core/linked-signal.js";
import type { Logger, Runtime } from "../core/index.js";
import type { Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";
import type { CacheReader, ReconcileContext } from "./reconcile-context.js";
import type { ResourceCache } from "./resource-cache.js";

/** What one run of a key is made of. */
export interface RunParts {
  readonly runtime: Runtime;
  readonly caches: ReadonlyMap<string, ResourceCache>;
  readonly key: ResourceKey;
  readonly uid: string;
  readonly attempt: number;
  readonly stop: AbortSignal;
  readonly log: Logger;
  client(): ResourceClient;
}

/**
 * The context of one run. A class with getters, so that the signal and the client are made only when they are read.
 *
 * @internal
 */
export class RunContext implements ReconcileContext {
  readonly key: ResourceKey;
  readonly attempt: number;
  readonly log: Logger;
  readonly cache: CacheReader;
  readonly #parts: RunParts;
  readonly #link: LinkedSignal;
  #client: ResourceClient | undefined = undefined;

  // Functions, not methods: reconcilers take their context apart.
  readonly now = (): number => this.#parts.runtime.wallNow();
  readonly owned = <Spec, Status>(kind: Kind<Spec, Status, unknown>): readonly Resource<Spec, Status>[] =>
    cacheOf(this.#parts.caches, kind.name).ownedBy(this.#parts.uid) as Resource<Spec, Status>[];

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.key = parts.key;
    this.attempt = parts.attempt;
    this.log = parts.log;
    this.cache = readerOf(parts.caches);
    this.#link = new LinkedSignal(parts.stop);
  }

  get client(): ResourceClient {
    this.#client ??= this.#parts.client();
    return this.#client;
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  /** Aborts the run's signal. */
  abort(reason: unknown): void {
    this.#link.abort(reason);
  }

  /** Takes the run's signal off the manager's. */
  end(): void {
    this.#link[Symbol.dispose]();
  }
}

function readerOf(caches: ReadonlyMap<string, ResourceCache>): CacheReader {
  return {
    get: <Spec, Status>(kind: Kind<Spec, Status, unknown>, key: ResourceKey) =>
      cacheOf(caches, kind.name).get(key) as Resource<Spec, Status> | undefined,
    list: <Spec, Status>(kind: Kind<Spec, Status, unknown>) =>
      cacheOf(caches, kind.name).list() as Resource<Spec, Status>[],
  };
}

function cacheOf(caches: ReadonlyMap<string, ResourceCache>, kind: string): ResourceCache {
  const cache = caches.get(kind);
  if (cache !== undefined) return cache;
  throw new TypeError(`Expected "${kind}" to be a kind that the controller watches; add it to its \`reads\``);
}
