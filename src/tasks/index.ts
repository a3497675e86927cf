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
export { type JoinOptions, type OperationResults, type Operations, join, tryJoin } from "./join.js";
export { JoinMap, type JoinedKey, type NextJoinedKey } from "./join-map.js";
export { JoinQueue } from "./join-queue.js";
export { JoinSet } from "./join-set.js";
export { JoinTasks } from "./join-tasks.js";
export type { Joined, NextJoined, TryJoined } from "./joined.js";
export { type MapConcurrentOptions, mapConcurrent } from "./map-concurrent.js";
export type { AnyIterable } from "./pull.js";
export { type Scope, type ScopeOptions, scope } from "./scope.js";
export { type SpawnOptions, spawn } from "./spawn.js";
export type { TaskContext, TaskFunction, TaskHandle } from "./task.js";
export type { TaskGroupOptions } from "./task-group.js";
export { TaskTracker, type TaskTrackerOptions } from "./task-tracker.js";
