/**
 * Locks, semaphores and signals between tasks, first come, first served.
 *
 * @module sync
 */
export { SemaphoreClosedError } from "./errors.js";
export { Mutex, type MutexGuard } from "./mutex.js";
export type { SemaphorePermit } from "./permit.js";
export { Semaphore, type SyncOptions } from "./semaphore.js";
