/**
 * The StateStore in memory: for tests, for one process, and as the model the other drivers are held against.
 *
 * @module store/memory
 */
export { type MemoryStoreOptions, memoryStore } from "./memory-store.js";
export type { RetentionOptions } from "../shared/retention.js";
