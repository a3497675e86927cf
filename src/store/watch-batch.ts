import type { KeyValue, Revision } from "./key-value.js";

/** One change of one key; for a delete, `kv` has the key, the revision of the delete as `modRevision`, and no value. */
export interface WatchEvent {
  /** What happened to the key. */
  readonly type: "put" | "delete";
  /** The key as it is now. */
  readonly kv: KeyValue;
  /** The key as it was before, when asked for with `prevKv`. */
  readonly prev?: KeyValue;
}

/**
 * What a watch delivers: all matching events of one revision, never split; or progress, which says that everything up
 * to and including `revision` has been delivered, so that a later watch may start `from` the next one.
 */
export type WatchBatch =
  | { readonly type: "events"; readonly revision: Revision; readonly events: readonly WatchEvent[] }
  | { readonly type: "progress"; readonly revision: Revision };
