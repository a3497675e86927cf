import type { Runtime } from "../core/index.js";
import type { Controller } from "./controller.js";
import {
  type ReconcileEvent,
  type ReconcileResultLabel,
  type ReconcileStartEvent,
  reconcileStarts,
  reconciled,
} from "./diagnostics.js";
import type { RunContext } from "./run-context.js";

let runs = 0;

const outcomes: Readonly<Record<ReconcileResultLabel, ReconcileEvent["outcome"]>> = {
  success: "ok",
  requeue_after: "ok",
  error: "failed",
  conflict: "failed",
  terminal: "failed",
  aborted: "stopped",
};

/**
 * Tells whoever listens of a controller's runs; no clock is read while nobody does.
 *
 * @internal
 */
export class RunTraces {
  readonly #controller: Controller;
  readonly #runtime: Runtime;

  constructor(controller: Controller, runtime: Runtime) {
    this.#controller = controller;
    this.#runtime = runtime;
  }

  start(run: RunContext, active: number): void {
    if (!reconcileStarts.hasSubscribers && !reconciled.hasSubscribers) return;
    runs += 1;
    // The clock was read for the deadline.
    const since = run.deadline - this.#controller.timeoutMs;
    run.traced = { run: runs, since, reason: run.item.reason, attempt: run.attempt, active };
    if (!reconcileStarts.hasSubscribers) return;
    const { key, reason } = run.item;
    const { name, options } = this.#controller;
    const start: ReconcileStartEvent = {
      run: runs,
      controller: name,
      kind: options.for.name,
      key,
      reason,
      attempt: run.traced.attempt,
      startedAt: this.#runtime.wallNow(),
      active,
      concurrency: options.concurrency,
    };
    reconcileStarts.publish(Object.freeze(start));
  }

  end(context: RunContext, result: ReconcileResultLabel, requeueMs: number | undefined, error: unknown): void {
    const { traced } = context;
    if (traced === undefined || !reconciled.hasSubscribers) return;
    const { name, options } = this.#controller;
    const now = this.#runtime.now();
    const durationMs = now - traced.since;
    context.endedAt = now;
    // One literal: spreading what both events share costs more than the run.
    const event: ReconcileEvent = {
      run: traced.run,
      controller: name,
      kind: options.for.name,
      key: context.item.key,
      reason: traced.reason,
      attempt: traced.attempt,
      startedAt: this.#runtime.wallNow() - durationMs,
      active: traced.active,
      concurrency: options.concurrency,
      outcome: outcomes[result],
      result,
      durationMs,
      requeueMs,
      error,
    };
    reconciled.publish(Object.freeze(event));
  }
}
