import type { Logger } from "../core/index.js";
import type { Condition, Kind, Resource, ResourceClient, ResourceKey } from "../resources/index.js";

/** Which of the cached objects {@link CacheReader.list} takes. */
export interface CacheListOptions {
  /** Only this namespace. */
  readonly namespace?: string | undefined;
  /** A label selector, such as `"app=web,tier!=test"`. */
  readonly labels?: string | undefined;
  /** Fields that the kind declares, and the values they must have; looked up in an index. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
}

/** Reads objects from memory: frozen, and never staler than this key's own last write. */
export interface CacheReader {
  /** One object. */
  get<Spec, Status>(kind: Kind<Spec, Status, unknown>, key: ResourceKey): Resource<Spec, Status> | undefined;
  /**
   * Objects of a kind, all of them unless told otherwise.
   *
   * @throws TypeError for a selector that cannot be read, or a field that the kind does not declare.
   */
  list<Spec, Status>(kind: Kind<Spec, Status, unknown>, options?: CacheListOptions): readonly Resource<Spec, Status>[];
}

/** What a reconcile gets beside its object; it may be taken apart. */
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
  /**
   * A condition of this object as of now and of the generation at hand, for `patchStatus`: its time moves only if its
   * status is another than before.
   */
  readonly condition: (condition: Omit<Condition, "lastTransitionTime" | "observedGeneration">) => Condition;
  /**
   * Records for people what happened to this object, as an object of kind `Event` that goes by itself after an hour.
   *
   * @remarks
   * Written behind the scenes: it never fails, never waits, and wakes nothing. Equal events are counted in one object,
   * many similar ones are combined, too many are dropped.
   */
  readonly event: (type: "Normal" | "Warning", reason: string, message: string) => void;
}
