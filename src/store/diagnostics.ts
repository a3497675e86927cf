import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";
import type { Revision } from "./key-value.js";

/** What is published on `keelson:store:call`, once per call of a store. Never holds a key or a value. */
export interface StoreCallEvent {
  /** Which driver it is, such as `"memory"`. */
  readonly driver: string;
  /** Which method was called. */
  readonly method: string;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** What it failed with, if it failed. */
  readonly error?: unknown;
}

/** What is published on `keelson:store:lag` when a watch is ended because its consumer fell behind. */
export interface StoreLagEvent {
  /** Which driver it is. */
  readonly driver: string;
  /** Where a new watch would go on. */
  readonly resumeFrom: Revision;
}

export const called: DiagnosticsChannel = /* @__PURE__ */ diagnosticsChannel("keelson:store:call");
export const lagged: DiagnosticsChannel = /* @__PURE__ */ diagnosticsChannel("keelson:store:lag");
