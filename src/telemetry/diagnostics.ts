import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";
import type { LogFields } from "../core/logger.js";

/** What is published on `keelson:span:start` when a call of an instrumented function begins, within its span. */
export interface SpanStartEvent {
  /** The span's name. */
  readonly name: string;
  /** What it was told about the call. */
  readonly fields: LogFields;
}

/** What is published on `keelson:span` when a call of an instrumented function ended. */
export interface SpanEvent extends SpanStartEvent {
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** How it ended. */
  readonly outcome: "ok" | "failed";
  /** What it failed with, if it failed. */
  readonly error: unknown;
}

/** A call of an instrumented function begins. */
export const spanStarted: DiagnosticsChannel<SpanStartEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:span:start");
/** A call of an instrumented function ended. */
export const spanEnded: DiagnosticsChannel<SpanEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:span");
