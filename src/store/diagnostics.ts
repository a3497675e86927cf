import { type DiagnosticsChannel, diagnosticsChannel } from "../core/diagnostics.js";
import type { Runtime } from "../core/runtime.js";
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

/**
 * What is published on `keelson:store:retry` when a driver tries again by itself: what reads, and what surely was not
 * applied.
 */
export interface StoreRetryEvent {
  /** Which driver it is. */
  readonly driver: string;
  /** What is tried again: a call of the server such as `"Range"`, `"connect"`, or `"lock"` for that of SQLite's file. */
  readonly operation: string;
  /** What the attempt failed with. */
  readonly error: unknown;
}

/** What is published on `keelson:store:lag` when a watch is ended because its consumer fell behind. */
export interface StoreLagEvent {
  /** Which driver it is. */
  readonly driver: string;
  /** Where a new watch would go on. */
  readonly resumeFrom: Revision;
}

/** What is published on `keelson:lease` when one is granted, kept alive or ended. */
export interface LeaseEvent {
  /** Which driver it is. */
  readonly driver: string;
  /** The lease's id. */
  readonly lease: string;
  /** What happened to it; `"ended"` when it expired, was revoked, or the store says that it is gone. */
  readonly event: "granted" | "renewed" | "ended";
  /** Milliseconds it lives without being kept alive. */
  readonly ttlMs: number;
}

/** A call of a store ended. */
export const called: DiagnosticsChannel<StoreCallEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:store:call");
/** A driver tries again what failed. */
export const retried: DiagnosticsChannel<StoreRetryEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:store:retry");
/** A watch was ended because its consumer fell behind. */
export const lagged: DiagnosticsChannel<StoreLagEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:store:lag");
/** A lease was granted, kept alive, or ended. */
export const leased: DiagnosticsChannel<LeaseEvent> = /* @__PURE__ */ diagnosticsChannel("keelson:lease");

/** Tells whoever listens that a driver tries again. */
export function tellRetry(driver: string, operation: string, error: unknown): void {
  if (retried.hasSubscribers) retried.publish(Object.freeze({ driver, operation, error }));
}

/** Calls `work`, and tells of it when it has ended, if somebody listens; otherwise no clock is read. */
export function told<T>(runtime: Runtime, driver: string, method: string, work: () => Promise<T>): Promise<T> {
  if (!called.hasSubscribers) return work();
  const started = runtime.now();
  const answer = work();
  const tell = (failure?: { readonly error: unknown }): void => {
    called.publish(Object.freeze({ driver, method, durationMs: runtime.now() - started, ...failure }));
  };
  answer.then(
    () => {
      tell();
    },
    (error: unknown) => {
      tell({ error });
    },
  );
  return answer;
}
