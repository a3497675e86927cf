/**
 * Controllers: functions that bring the world closer to what objects say, and the manager that runs them.
 *
 * @module controllers
 */
export {
  type Controller,
  type ControllerOptions,
  type Finalizer,
  type ReconcileOutcome,
  type ReconcileResult,
  defineController,
} from "./controller.js";
export { createManager } from "./create-manager.js";
export { ReconcileTimeoutError, TerminalError } from "./errors.js";
export { type BackoffOptions, clientGo } from "./key-backoff.js";
export type { ReconcileEvent } from "./diagnostics.js";
export type { ControllerCounts, Manager, ManagerEvents, ManagerOptions, Runnable } from "./manager.js";
export { type Predicate, when } from "./predicate.js";
export type { CacheReader, ReconcileContext } from "./reconcile-context.js";
export { type MapToKeys, type Trigger, type TriggerOptions, channel, owns, watches } from "./trigger.js";
