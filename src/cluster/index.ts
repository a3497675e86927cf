/**
 * What one of several processes may do at a time: elections, locks and semaphores on any StateStore.
 *
 * @module cluster
 */
export { createElection } from "./election.js";
export type { Election, ElectionEvents, ElectionOptions, Term } from "./election-types.js";
export { LeaseLostError, type LeaseLoss } from "./errors.js";
export type { Hold } from "./hold.js";
export type { Leader } from "./leader-observer.js";
export type { DistributedLock, HeldLock, LockOptions } from "./lock.js";
export { mutex } from "./mutex.js";
export { type SemaphoreOptions, semaphore } from "./semaphore.js";
