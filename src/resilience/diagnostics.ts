import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";

/** What is published on `keelson:retry:attempt` when an attempt failed and another will follow. */
export interface RetryAttemptEvent {
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** In how many milliseconds the next one begins. */
  readonly delayMs: number;
  /** What it failed with. */
  readonly error: unknown;
}

/** What is published on `keelson:retry:call` when a call with its retries has ended. */
export interface RetryCallEvent {
  /** How many attempts were made. */
  readonly attempts: number;
  /** How it ended; `"cancelled"` when its caller gave it up or its deadline passed. */
  readonly outcome: "ok" | "failed" | "cancelled";
  /** How long it took with all attempts and delays, in milliseconds. */
  readonly durationMs: number;
  /** What it rejected with, if it did. */
  readonly error: unknown;
}

/** What is published on `keelson:hedge` when an attempt is started beside a slow one. */
export interface HedgeEvent {
  /** The number of the new attempt, from 2. */
  readonly attempt: number;
}

/** What is published on `keelson:circuit` when a breaker changes its state. */
export interface CircuitEvent {
  /** The state before. */
  readonly from: "closed" | "open" | "halfOpen" | "isolated";
  /** The state from now on. */
  readonly to: "closed" | "open" | "halfOpen" | "isolated";
}

/** An attempt failed and another will follow. */
export const attemptFailed: DiagnosticsChannel<RetryAttemptEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:retry:attempt");
/** A call with its retries has ended. */
export const callEnded: DiagnosticsChannel<RetryCallEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:retry:call");
/** An attempt is started beside a slow one. */
export const hedged: DiagnosticsChannel<HedgeEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:hedge");
/** A circuit breaker changed its state. */
export const circuitChanged: DiagnosticsChannel<CircuitEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:circuit");
