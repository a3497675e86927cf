import type { Logger } from "../core/index.js";
import type { Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";

/** Reads objects from memory: frozen, and never staler than this key's own last write. */
export interface CacheReader {
  /** One object. */
  get<Spec, Status>(kind: Kind<Spec, Status, unknown>, key: ResourceKey): Resource<Spec, Status> | undefined;
  /** All objects of a kind. */
  list<Spec, Status>(kind: Kind<Spec, Status, unknown>): readonly Resource<Spec, Status>[];
}

/** What a reconcile gets beside its object. */
export interface ReconcileContext {
  /** Reads and writes the store itself; what is written here, the next run of this key will see. */
  readonly client: ResourceClient;
  /** Reads from memory the kinds that the controller is `for`, triggered by, or `reads`. */
  readonly cache: CacheReader;
  /** The object's key. */
  readonly key: ResourceKey;
  /** Aborts at the reconcile's deadline and when the manager stops; made when first read. */
  readonly signal: AbortSignal;
  /** Failures of this key in a row before this run. */
  readonly attempt: number;
  /** For what a person should see. */
  readonly log: Logger;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The objects of `kind` that this object manages. */
  readonly owned: <Spec, Status>(kind: Kind<Spec, Status, unknown>) => readonly Resource<Spec, Status>[];
}
