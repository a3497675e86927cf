/**
 * Tasks, groups of tasks, and telling them to stop.
 *
 * @module tasks
 */
export {
  CancellationToken,
  type CancellationTokenOptions,
  type DropGuard,
  type RunUntilCancelled,
} from "./cancellation-token.js";
export { CancelledError, JoinError, type JoinErrorKind } from "./errors.js";
export { type ConcurrentOptions, forEachConcurrent } from "./for-each-concurrent.js";
export { type MapConcurrentOptions, mapConcurrent } from "./map-concurrent.js";
export type { AnyIterable } from "./pull.js";
export { type SpawnOptions, spawn } from "./spawn.js";
export type { TaskContext, TaskFunction, TaskHandle } from "./task.js";
export { TaskTracker, type TaskTrackerOptions } from "./task-tracker.js";
