import { checkObject } from "../core/check.js";
import type { StateStore } from "../store/index.js";
import { type DistributedLock, type LockOptions, StoreLock } from "./lock.js";

/** How {@link semaphore} is made. */
export interface SemaphoreOptions extends LockOptions {
  /** How many may hold it at a time; the same everywhere it is used. */
  readonly permits: number;
}

/**
 * A lock that so many holders at a time have, in all processes that share the store; otherwise as {@link mutex}.
 *
 * @remarks Tokens say who came first, not who may write: several holders are there at a time.
 * @throws TypeError, RangeError for options that are none.
 *
 * @example
 * ```ts
 * import { semaphore } from "keelson/cluster";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const uploads = semaphore(memoryStore(), "/limits/uploads", { permits: 2 });
 * const [first, second] = [await uploads.acquire(), await uploads.acquire()];
 * await uploads.tryAcquire() // => undefined
 * await first.release();
 * const third = await uploads.acquire();
 * third.isHeld() && second.isHeld() // => true
 * ```
 */
export function semaphore(store: StateStore, key: string, options: SemaphoreOptions): DistributedLock {
  checkObject("options", options);
  return new StoreLock(store, key, options.permits, options);
}
