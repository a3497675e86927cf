import { LinkedSignal } from "../core/linked-signal.js";
import type { Logger, Runtime } from "../core/index.js";
import type { Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";
import type { ObjectView } from "./object-index.js";
import { keyStringOf } from "./object-key.js";
import type { CacheReader, ReconcileContext } from "./reconcile-context.js";

/** What one run of a key is made of. */
export interface RunParts {
  readonly runtime: Runtime;
  /** What it reads from memory, by kind. */
  readonly views: ReadonlyMap<string, ObjectView>;
  readonly key: ResourceKey;
  readonly uid: string;
  readonly attempt: number;
  readonly stop: AbortSignal;
  readonly log: Logger;
  readonly client: () => ResourceClient;
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
  readonly #parts: RunParts;
  readonly #link: LinkedSignal;
  #client: ResourceClient | undefined = undefined;
  #cache: CacheReader | undefined = undefined;

  // Functions, not methods: reconcilers take their context apart.
  readonly now = (): number => this.#parts.runtime.wallNow();
  readonly owned = <Spec, Status>(kind: Kind<Spec, Status, unknown>): readonly Resource<Spec, Status>[] =>
    viewOf(this.#parts.views, kind.name).ownedBy(this.#parts.uid) as readonly Resource<Spec, Status>[];

  constructor(parts: RunParts) {
    this.#parts = parts;
    this.key = parts.key;
    this.attempt = parts.attempt;
    this.log = parts.log;
    this.#link = new LinkedSignal(parts.stop);
  }

  get client(): ResourceClient {
    this.#client ??= this.#parts.client();
    return this.#client;
  }

  get cache(): CacheReader {
    this.#cache ??= readerOf(this.#parts.views);
    return this.#cache;
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

function readerOf(views: ReadonlyMap<string, ObjectView>): CacheReader {
  return {
    get: <Spec, Status>(kind: Kind<Spec, Status, unknown>, key: ResourceKey) =>
      viewOf(views, kind.name).get(keyStringOf(kind, key)) as Resource<Spec, Status> | undefined,
    list: <Spec, Status>(kind: Kind<Spec, Status, unknown>) =>
      viewOf(views, kind.name).list() as readonly Resource<Spec, Status>[],
  };
}

function viewOf(views: ReadonlyMap<string, ObjectView>, kind: string): ObjectView {
  const view = views.get(kind);
  if (view !== undefined) return view;
  throw new TypeError(
    `Expected \`kind\` to be one that the controller watches, got "${kind}"; add it to its \`reads\``,
  );
}
