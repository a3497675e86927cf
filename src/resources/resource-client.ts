import type { Compare } from "../store/index.js";
import type { Kind } from "./kind.js";
import type { Resource, ResourceDraft, ResourceKey, UpdateDraft } from "./resource.js";

/** Options of every write. */
export interface WriteOptions {
  /** Gives up the write; see the store's rules for what that means once it was sent. */
  readonly signal?: AbortSignal | undefined;
  /** Validates and admits, but stores nothing; the answer is what would have been stored. @defaultValue `false` */
  readonly dryRun?: boolean;
  /**
   * Objects that must still be at the version they were read at, checked together with the write: a plan that was made
   * from them is carried out whole, or refused with a `ConflictError`. A write that would change nothing checks nothing.
   *
   * @defaultValue none
   */
  readonly unchanged?: readonly Resource[] | undefined;
}

/** Options of {@link ResourceClient.create}. */
export interface CreateOptions extends WriteOptions {
  /**
   * Makes this object the managing owner. Where it is gone, or another one has taken its name since it was read, the
   * write is refused with a `ConflictError`: the reader's cache is behind, and the garbage collector would delete what
   * it makes. When the owner goes later, that deletes it, where one runs: `garbageCollector` of `keelson/reconcilers`.
   */
  readonly owner?: Resource | undefined;
}

/** Options of {@link ResourceClient.apply}. */
export interface ApplyOptions extends CreateOptions {
  /** Whose fields these are: what this manager applied before and leaves out now is removed. */
  readonly manager: string;
}

/** What {@link ResourceClient.apply} did. */
export interface Applied<Spec, Status> {
  /** The object as it is now. */
  readonly resource: Resource<Spec, Status>;
  /** What it took. */
  readonly outcome: "created" | "updated" | "unchanged";
}

/** Options of {@link ResourceClient.delete}. */
export interface DeleteOptions extends WriteOptions {
  /**
   * What becomes of the objects it owns: deleted afterwards, deleted first, or left without an owner. Carried out by
   * the garbage collector.
   *
   * @defaultValue `"background"`
   */
  readonly propagation?: "background" | "foreground" | "orphan";
  /** Seconds the object is given to end by itself; kinds that run something honour it. */
  readonly gracePeriodSeconds?: number;
  /** Refuses when the object is not exactly this one. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** Which objects {@link ResourceClient.list} and {@link ResourceClient.watch} take. */
export interface SelectOptions {
  /** Only this namespace; all of them when left out. */
  readonly namespace?: string | undefined;
  /** Only the object of this name, in `namespace` or the default one. */
  readonly name?: string | undefined;
  /** A label selector, such as `"app=web,tier!=test,track in (a,b),!legacy"`. */
  readonly labels?: string | undefined;
  /** Declared fields and the values they must have. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** Gives up. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of {@link ResourceClient.list}. */
export interface ListOptions extends SelectOptions {
  /** At most this many objects a page. */
  readonly limit?: number;
  /** The `continue` of the page before: the next one is of the same revision. */
  readonly continue?: string | undefined;
}

/** A page of objects. */
export interface ResourceList<Spec, Status> {
  /** The objects, by namespace and name. */
  readonly items: readonly Resource<Spec, Status>[];
  /** The version of the list: a watch from here misses nothing. */
  readonly resourceVersion: string;
  /** For the next page; absent on the last. */
  readonly continue?: string;
  /** Objects that could not be read, and why; they are in none of the pages. */
  readonly invalid: readonly InvalidObject[];
}

/** A stored object that this program cannot read. */
export interface InvalidObject {
  /** Where it is. */
  readonly key: ResourceKey;
  /** Why it cannot be read. */
  readonly error: unknown;
}

/** Options of {@link ResourceClient.watch}. */
export interface ResourceWatchOptions extends SelectOptions {
  /** Starts after this version; otherwise with every present object as `added`, then `synced`. */
  readonly resourceVersion?: string | undefined;
  /**
   * What is kept and delivered of each object: drops what its reader has no use for. It must keep the metadata. A change
   * of nothing but what it drops is no event; an object that it fails for is `invalid`.
   */
  readonly transform?: ((resource: Resource) => Resource) | undefined;
}

/** What a watch on objects delivers. */
export type ResourceEvent<Spec, Status> =
  | { readonly type: "added"; readonly resource: Resource<Spec, Status> }
  | { readonly type: "modified"; readonly resource: Resource<Spec, Status>; readonly previous: Resource<Spec, Status> }
  | { readonly type: "deleted"; readonly resource: Resource<Spec, Status>; readonly resourceVersion: string }
  | { readonly type: "invalid"; readonly key: ResourceKey; readonly error: unknown; readonly resourceVersion: string }
  /** Everything that was there at the start has been delivered. */
  | { readonly type: "synced"; readonly resourceVersion: string }
  /** Everything up to here has been delivered. */
  | { readonly type: "progress"; readonly resourceVersion: string };

/**
 * Reads and writes objects of any kind on a store.
 *
 * @remarks
 * What it returns is deep-frozen. Objects it is handed back belong to a kind it has seen: every method that takes a
 * {@link Kind} makes it known, as does the `kinds` option.
 */
export interface ResourceClient {
  /**
   * Creates an object.
   *
   * @throws AlreadyExistsError, InvalidResourceError; ConflictError when its owner is gone.
   */
  create<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    draft: ResourceDraft<Input>,
    options?: CreateOptions,
  ): Promise<Resource<Spec, Status>>;
  /**
   * Reads an object; `undefined` when there is none. A string is a name in the default namespace.
   *
   * @throws UnreadableResourceError when what is stored is not an object of this kind.
   */
  get<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    key: ResourceKey | string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Resource<Spec, Status> | undefined>;
  /**
   * Reads objects, page by page at one revision.
   *
   * @throws CompactedError when the revision of the pages before is gone: begin anew. TypeError for a selector that
   * cannot be read, or a field that the kind does not declare.
   */
  list<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    options?: ListOptions,
  ): Promise<ResourceList<Spec, Status>>;
  /**
   * Changes an object: re-reads it, runs `change` on a draft and writes, again on a conflict, at most 5 times.
   *
   * @throws NotFoundError (also when a new object has its name), ConflictError after 5 tries, InvalidResourceError;
   * TypeError when `change` returns a promise or a changed copy of the draft.
   */
  update<R extends Resource>(
    resource: R,
    change: (draft: UpdateDraft<R["spec"]>, latest: R) => void,
    options?: WriteOptions,
  ): Promise<R>;
  /**
   * Writes an object as it is given, provided nobody wrote it since it was read.
   *
   * @throws ConflictError, NotFoundError, InvalidResourceError.
   */
  replace<R extends Resource>(resource: R, options?: WriteOptions): Promise<R>;
  /**
   * Merges onto the latest status: fields by name, conditions by type; `undefined` removes a field. Writes nothing when
   * nothing would change.
   *
   * @throws NotFoundError also when a new object has its name.
   */
  patchStatus<R extends Resource>(
    resource: R,
    patch: { readonly [K in keyof NonNullable<R["status"]>]?: NonNullable<R["status"]>[K] | undefined },
    options?: WriteOptions,
  ): Promise<R>;
  /** Makes an object have these fields, whether or not it exists; other managers' fields stay. */
  apply<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    desired: ResourceDraft<Input>,
    options: ApplyOptions,
  ): Promise<Applied<Spec, Status>>;
  /**
   * Asks for an object's deletion. With finalizers it is marked, and goes with the last of them.
   *
   * @remarks Asked again, it changes nothing but a grace period that is shorter now.
   * @throws NotFoundError also when a new object has its name, ConflictError when a precondition fails.
   */
  delete(resource: Resource, options?: DeleteOptions): Promise<void>;
  /**
   * Delivers changes, in order and without a gap; reconnects and resumes by itself, relisting after a compaction.
   *
   * @remarks
   * With a selector, an object that begins to match is `added` and one that ceases to is `deleted`. A new object of an
   * old name is `deleted`, then `added`. Can be iterated once; leaving the loop ends it.
   * @throws CompactedError when `resourceVersion` is gone from the start; StoreClosedError, StoreAuthError; the
   * signal's reason.
   */
  watch<Spec, Status, Input>(
    kind: Kind<Spec, Status, Input>,
    options?: ResourceWatchOptions,
  ): AsyncIterable<ResourceEvent<Spec, Status>>;
  /**
   * A client of the same objects, kinds and hooks whose writes are fenced, told or leased in another way; what is left
   * out is as it is here.
   */
  with(options: WriteBehaviour): ResourceClient;
  /** Adds a hook that sees each write before it is stored, and may refuse it by throwing. */
  admit<Spec, Status, Input>(kind: Kind<Spec, Status, Input>, hook: AdmissionHook<Spec, Status>): Disposable;
}

/** What goes with every write of a client. */
export interface WriteBehaviour {
  /**
   * Conditions added to every write, such as a leader's `term.fence()`; when one of them does not hold, the write fails
   * with `FencedError` rather than `ConflictError`.
   */
  readonly fence?: (() => readonly Compare[]) | undefined;
  /** Called with each write that was stored, before the writer learns of it: for reading one's own writes. */
  readonly onWrite?: ((kind: string, key: ResourceKey, resourceVersion: string) => void) | undefined;
  /** The store's lease that what is written goes with, asked at each write; `undefined` for none. */
  readonly lease?: (() => string | undefined) | undefined;
}

/** A hook for quotas and audit. */
export type AdmissionHook<Spec, Status> = (request: {
  /** What is being done. */
  readonly operation: "create" | "update" | "status" | "delete";
  /** The object as it would be stored. */
  readonly resource: Resource<Spec, Status>;
  /** The object as it is. */
  readonly previous?: Resource<Spec, Status>;
}) => void | Promise<void>;
