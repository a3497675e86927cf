/**
 * Seeing what happens: typed access to the diagnostics channels, and spans around functions. Logs, metrics and traces
 * have subpaths of their own: `keelson/telemetry/log`, `/prometheus` and `/otel`.
 *
 * @module telemetry
 */
export type { DiagnosticEvents } from "./diagnostic-events.js";
export type { SpanEvent, SpanStartEvent } from "./diagnostics.js";
export { type InstrumentOptions, instrument } from "./instrument.js";
export { type LogLevel, logLevels } from "./level.js";
export { type DiagnosticHandlers, type ObserveOptions, observe } from "./observe.js";
