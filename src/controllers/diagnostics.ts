import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";

/** What is published on `keelson:reconcile`, once per run of a key. */
export interface ReconcileEvent {
  /** The controller's name. */
  readonly controller: string;
  /** The object's key, `"<namespace>/<name>"`, or the name alone where there are no namespaces. */
  readonly key: string;
  /** Failures of this key in a row before this run. */
  readonly attempt: number;
  /** How it ended; `"stopped"` when the manager stopped under it. */
  readonly outcome: "ok" | "failed" | "stopped";
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** In how many milliseconds the key is to run again, if by itself. */
  readonly requeueMs: number | undefined;
  /** What it failed with, if it failed. */
  readonly error: unknown;
}

/** A reconcile ended. */
export const reconciled: DiagnosticsChannel<ReconcileEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:reconcile");
