import type { Runtime } from "../core/index.js";
import type { Controller } from "./controller.js";
import { type ReconcileEvent, type ReconcileResultLabel, reconcileStarts, reconciled } from "./diagnostics.js";
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
    const { name, options } = this.#controller;
    const event = {
      run: runs,
      controller: name,
      kind: options.for.name,
      key: run.item.key,
      reason: run.item.reason,
      attempt: run.attempt,
      startedAt: this.#runtime.wallNow(),
      active,
      concurrency: options.concurrency,
    };
    run.traced = { event, since: this.#runtime.now() };
    if (reconcileStarts.hasSubscribers) reconcileStarts.publish(Object.freeze(event));
  }

  end({ traced }: RunContext, result: ReconcileResultLabel, requeueMs: number | undefined, error: unknown): void {
    if (traced === undefined || !reconciled.hasSubscribers) return;
    const durationMs = this.#runtime.now() - traced.since;
    const outcome = outcomes[result];
    const event: ReconcileEvent = { ...traced.event, outcome, result, durationMs, requeueMs, error };
    reconciled.publish(Object.freeze(event));
  }
}
