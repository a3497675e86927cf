import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";
import type { CacheStats } from "./resource-cache.js";

/**
 * What is published on `keelson:workqueue:add`, `:get`, `:done` and `:retry`.
 *
 * @remarks
 * Metrics in the ecosystem's names come of these: `workqueue_depth` of `depth`, `_adds_total` of `:add`,
 * `_queue_duration_seconds` of `:get`, `_work_duration_seconds` of `:done`, `_retries_total` of `:retry`,
 * `_unfinished_work_seconds` and `_longest_running_processor_seconds` of a `:get` without its `:done`.
 */
export interface WorkQueueEvent {
  /** The controller's name. */
  readonly queue: string;
  /** The key, as `namespace/name`. */
  readonly key: string;
  /** Its priority. */
  readonly priority: number;
  /** Keys that wait now, ready or delayed. */
  readonly depth: number;
  /** `get`: how long it was ready; `done`: how long the work took; `retry`: how long it is put off. In milliseconds. */
  readonly durationMs: number | undefined;
}

/** What one run of a key came to, as the label `result` of metrics. */
export type ReconcileResultLabel = "success" | "requeue_after" | "error" | "conflict" | "terminal" | "aborted";

/** What is published on `keelson:reconcile:start`. */
export interface ReconcileStartEvent {
  /** Tells the runs of one process apart. */
  readonly run: number;
  /** The controller's name. */
  readonly controller: string;
  /** The kind of the object. */
  readonly kind: string;
  /** The object's key, `"<namespace>/<name>"`, or the name alone where there are no namespaces. */
  readonly key: string;
  /** What made it run, such as `"Instance modified"`; of several causes, the first. */
  readonly reason: string;
  /** Failures of this key in a row before this run. */
  readonly attempt: number;
  /** When it began, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Runs of this controller now under way, this one included. */
  readonly active: number;
  /** How many there may be. */
  readonly concurrency: number;
}

/** What is published on `keelson:reconcile`, once per run of a key. */
export interface ReconcileEvent extends ReconcileStartEvent {
  /** How it ended; `"stopped"` when the manager stopped under it. */
  readonly outcome: "ok" | "failed" | "stopped";
  /** The same more exactly. */
  readonly result: ReconcileResultLabel;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** In how many milliseconds the key is to run again, if by itself. */
  readonly requeueMs: number | undefined;
  /** What it failed with, if it failed. */
  readonly error: unknown;
}

/** What is published on `keelson:reconcile:stale` when a key is not run as a cache has not seen what it wrote last. */
export interface StaleSyncEvent {
  /** The controller's name. */
  readonly controller: string;
  /** The key, as `namespace/name`. */
  readonly key: string;
  /** The kinds whose caches are behind. */
  readonly kinds: readonly string[];
  /** What becomes of it: it waits for the caches, or reads the store itself. */
  readonly outcome: "held" | "live";
}

/** What is published on `keelson:reconcile:hot` when a key keeps waking itself. */
export interface HotLoopEvent {
  /** The controller's name. */
  readonly controller: string;
  /** The key, as `namespace/name`. */
  readonly key: string;
  /** Its runs in the window. */
  readonly runs: number;
  /** The window, in milliseconds. */
  readonly windowMs: number;
}

/** A key was put on a queue. */
export const queueAdds: DiagnosticsChannel<WorkQueueEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:workqueue:add");
/** A key was taken to be worked on. */
export const queueGets: DiagnosticsChannel<WorkQueueEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:workqueue:get");
/** The work on a key is over. */
export const queueDones: DiagnosticsChannel<WorkQueueEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:workqueue:done");
/** A key that failed was put back. */
export const queueRetries: DiagnosticsChannel<WorkQueueEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:workqueue:retry");
/** A reconcile began. */
export const reconcileStarts: DiagnosticsChannel<ReconcileStartEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:reconcile:start");
/** A reconcile ended. */
export const reconciled: DiagnosticsChannel<ReconcileEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:reconcile");
/** A key was not run, as a cache had not seen what it wrote last. */
export const staleSyncs: DiagnosticsChannel<StaleSyncEvent> =
  /* @__PURE__ */ diagnosticsChannel("keelson:reconcile:stale");
/** A key keeps waking itself. */
export const hotLoops: DiagnosticsChannel<HotLoopEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:reconcile:hot");
/** A cache was brought up to date. */
export const cacheUpdates: DiagnosticsChannel<CacheStats> = /* @__PURE__ */ diagnosticsChannel("keelson:cache");
