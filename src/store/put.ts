import { checkMethod } from "../core/check.js";
import type { Revision } from "./key-value.js";
import { type Op, op } from "./operation.js";
import type { StateStore } from "./state-store.js";

/** Options of the conveniences that write one key. */
export interface WriteOptions {
  /** Attaches the key to this lease; without it the key is taken off the one it was on. */
  readonly lease?: string | undefined;
  /** Gives up, as it does for {@link StateStore.txn}. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Stores a value under a key, whatever is there; answers the revision it made.
 *
 * @remarks A string is stored as UTF-8. **Cancel safety.** As for {@link StateStore.txn}.
 * @throws TooLargeError, LeaseNotFoundError, NotAppliedError: nothing was applied.
 *
 * @example
 * ```ts
 * import { put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * const revision = await put(store, "/plan", "v1");
 * const { kv } = await store.get("/plan");
 * kv?.modRevision === revision // => true
 * ```
 */
export async function put(
  store: StateStore,
  key: string,
  value: Uint8Array | string,
  { lease, signal }: WriteOptions = {},
): Promise<Revision> {
  checkMethod("store", store, "txn");
  const { revision } = await store.txn({ then: [putOp(key, value, lease)] }, { signal });
  return revision;
}

/** A put with a lease, or none. */
export function putOp(key: string, value: Uint8Array | string, lease: string | undefined): Op {
  return op.put(key, value, lease === undefined ? {} : { lease });
}
