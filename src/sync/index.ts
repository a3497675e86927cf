/**
 * Locks, semaphores and signals between tasks, first come, first served.
 *
 * @module sync
 */
export { Barrier, type BarrierPass } from "./barrier.js";
export { SemaphoreClosedError } from "./errors.js";
export { Mutex, type MutexGuard } from "./mutex.js";
export { Notify } from "./notify.js";
export { type Initializer, OnceCell, type OnceCellOptions } from "./once-cell.js";
export type { SemaphorePermit } from "./permit.js";
export { type ReadGuard, RwLock, type RwLockOptions, type WriteGuard } from "./rw-lock.js";
export { Semaphore, type SyncOptions } from "./semaphore.js";
export { SetOnce, type SetOnceOptions } from "./set-once.js";
