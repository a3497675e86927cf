import { checkMethod } from "../core/check.js";
import { when } from "./compare.js";
import type { KeyValue, Revision } from "./key-value.js";
import { op } from "./operation.js";
import { type WriteOptions, putOp } from "./put.js";
import type { StateStore } from "./state-store.js";

/** What {@link putIfAbsent} came to. */
export type Insertion =
  | { readonly created: true; readonly revision: Revision }
  /** The key was there already, as `kv` shows it. */
  | { readonly created: false; readonly revision: Revision; readonly kv: KeyValue };

/**
 * Creates a key, or answers what is there.
 *
 * @remarks **Cancel safety.** As for {@link StateStore.txn}.
 * @throws TooLargeError, LeaseNotFoundError, NotAppliedError: nothing was applied.
 *
 * @example
 * ```ts
 * import { putIfAbsent } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * const [first, second] = [await putIfAbsent(store, "/owner", "a"), await putIfAbsent(store, "/owner", "b")];
 * [first.created, second.created] // => [true, false]
 * ```
 */
export async function putIfAbsent(
  store: StateStore,
  key: string,
  value: Uint8Array | string,
  { lease, signal }: WriteOptions = {},
): Promise<Insertion> {
  checkMethod("store", store, "txn");
  const { succeeded, revision, results } = await store.txn(
    { if: [when(key).version("=", 0)], then: [putOp(key, value, lease)], else: [op.range({ key })] },
    { signal },
  );
  if (succeeded) return { created: true, revision };
  const [found] = results;
  const kv = found?.type === "range" ? found.kvs[0] : undefined;
  if (kv === undefined) throw new Error(`The store found ${JSON.stringify(key)} both present and absent`);
  return { created: false, revision, kv };
}
