/**
 * What everything else stands on: the runtime seam, errors, durations, logging and health as interfaces.
 *
 * @module core
 */
export { currentRuntime } from "./ambient.js";
export { ContextError, context, formatChain } from "./context.js";
export { type DiagnosticsChannel, diagnosticsChannel } from "./diagnostics.js";
export { type Duration, toMs } from "./duration.js";
export { Emitter, type EventMap, type Events, type Listener } from "./emitter.js";
export { KeelsonError, TimeoutError, isKeelsonError } from "./errors.js";
export type { Health, HealthStatus } from "./health.js";
export type { Host } from "./host.js";
export { type Links, ListNode } from "./list.js";
export { type LogFields, type LogMethod, type Logger, silentLogger } from "./logger.js";
export type { OperationContext } from "./operation.js";
export type { FailureInfo, Runtime, TimerHandle, Wakeable } from "./runtime.js";
export { DISABLED, PENDING, type Selectable, type Source, type Waiter, WaiterNode } from "./selectable.js";
export type { SignalPayload, Signals } from "./signals.js";
export { type SystemRuntimeOptions, systemRuntime } from "./system-runtime.js";
export type { WaitOptions } from "./wait.js";
