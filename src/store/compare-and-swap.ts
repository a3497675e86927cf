import { checkMethod } from "../core/check.js";
import { when } from "./compare.js";
import type { KeyValue, Revision } from "./key-value.js";
import { op } from "./operation.js";
import { type WriteOptions, putOp } from "./put.js";
import type { StateStore } from "./state-store.js";

/** What {@link compareAndSwap} came to. */
export type Swap =
  | { readonly swapped: true; readonly revision: Revision }
  /** Another write came first: `kv` is what is there now, if anything. */
  | { readonly swapped: false; readonly revision: Revision; readonly kv?: KeyValue };

/**
 * Replaces a value if nobody has written the key since it was read.
 *
 * @remarks **Cancel safety.** As for {@link StateStore.txn}.
 * @param expected - The `modRevision` that was read; 0 for an absent key.
 * @throws TooLargeError, LeaseNotFoundError, NotAppliedError: nothing was applied.
 *
 * @example
 * ```ts
 * import { compareAndSwap, put } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * const revision = await put(store, "/count", "1");
 * const first = await compareAndSwap(store, "/count", revision, "2");
 * first.swapped // => true
 * const second = await compareAndSwap(store, "/count", revision, "2");
 * second.swapped // => false
 * ```
 */
export async function compareAndSwap(
  store: StateStore,
  key: string,
  expected: Revision,
  value: Uint8Array | string,
  { lease, signal }: WriteOptions = {},
): Promise<Swap> {
  checkMethod("store", store, "txn");
  const { succeeded, revision, results } = await store.txn(
    { if: [when(key).modRevision("=", expected)], then: [putOp(key, value, lease)], else: [op.range({ key })] },
    { signal },
  );
  if (succeeded) return { swapped: true, revision };
  const [found] = results;
  const kv = found?.type === "range" ? found.kvs[0] : undefined;
  return kv === undefined ? { swapped: false, revision } : { swapped: false, revision, kv };
}
