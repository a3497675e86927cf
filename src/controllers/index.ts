/**
 * Controllers: functions that bring the world closer to what objects say, and the manager that runs them.
 *
 * @module controllers
 */
export { type CacheBounds, bounded } from "./cache-bounds.js";
export {
  type Controller,
  type ControllerOptions,
  type Finalizer,
  type ReconcileOutcome,
  type ReconcileResult,
  defineController,
} from "./controller.js";
export { createManager } from "./create-manager.js";
export type {
  HotLoopEvent,
  ReconcileEvent,
  ReconcileStartEvent,
  ReconcileResultLabel,
  StaleSyncEvent,
  WorkQueueEvent,
} from "./diagnostics.js";
export { NotLeaderError, ReconcileTimeoutError, TerminalError } from "./errors.js";
export { type BackoffOptions, clientGo } from "./key-backoff.js";
export type {
  ControllerCounts,
  LeaderElection,
  LeaderTerm,
  Manager,
  ManagerEvents,
  ManagerOptions,
  Runnable,
} from "./manager.js";
export { ObjectEvent, type ObjectEventSpec } from "./object-event.js";
export { type Predicate, when } from "./predicate.js";
export type { CacheListOptions, CacheReader, ReconcileContext } from "./reconcile-context.js";
export type { CacheStats } from "./resource-cache.js";
export {
  type MapToKeys,
  type OwnsOptions,
  type Trigger,
  type TriggerOptions,
  channel,
  owns,
  watches,
} from "./trigger.js";
