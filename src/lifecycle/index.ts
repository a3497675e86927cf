/**
 * The end of a process, in good order: signals, phases, hooks, draining, deadlines.
 *
 * @module lifecycle
 */
export { DrainError, ShutdownError, ShutdownTimeoutError } from "./errors.js";
export type { HookOptions, HookOutcome, HookReport, ShutdownContext, ShutdownHook, ShutdownReport } from "./hook.js";
export type { HttpResponseLike, HttpServerLike } from "../http/index.js";
export type { Closable, Lifecycle, LifecycleOptions, ServerOptions } from "./lifecycle-options.js";
export { createLifecycle } from "./lifecycle.js";
export { type Notifier, type SystemdNotifierOptions, systemdNotifier } from "./notifier.js";
export { type ShutdownPhase, shutdownPhases } from "./phase.js";
export type { ProcessEvent, ProcessLike } from "./process.js";
export type { CrashOrigin, ShutdownReason, SignalName } from "./reason.js";
