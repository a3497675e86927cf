import type { StateStore } from "../store/index.js";
import { type DistributedLock, type LockOptions, StoreLock } from "./lock.js";

/**
 * A lock that one holder at a time has, in all processes that share the store.
 *
 * @remarks
 * It rests on a lease: a holder that can't renew it in time loses it, and is told by `signal` and `isHeld()`. A process
 * that was paused learns of that late, so what must not happen twice goes into a transaction with `lock.fence()`, or to
 * something that refuses a token smaller than one it has seen. It is not re-entrant.
 * @throws TypeError, RangeError for options that are none.
 *
 * @example
 * ```ts
 * import { mutex } from "keelson/cluster";
 * import { op } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * const deploy = mutex(store, "/locks/deploy");
 * const lock = await deploy.acquire({ timeout: "10s" });
 * const write = { if: lock.fence(), then: [op.put("/deployed", "v2")] };
 * const first = await store.txn(write);
 * first.succeeded // => true
 * await lock.release();
 * const second = await store.txn(write);
 * second.succeeded // => false
 * ```
 */
export function mutex(store: StateStore, key: string, options: LockOptions = {}): DistributedLock {
  return new StoreLock(store, key, 1, options);
}
