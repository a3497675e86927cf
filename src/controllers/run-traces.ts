import type { Runtime } from "../core/index.js";
import type { Controller } from "./controller.js";
import { type ReconcileEvent, type ReconcileResultLabel, reconcileStarts, reconciled } from "./diagnostics.js";
import type { RunContext, Trace } from "./run-context.js";

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
  /** Both clocks, when the wall clock was last read. */
  #read = { now: Number.NEGATIVE_INFINITY, wall: 0 };

  constructor(controller: Controller, runtime: Runtime) {
    this.#controller = controller;
    this.#runtime = runtime;
  }

  start(context: RunContext, active: number): void {
    if (!reconcileStarts.hasSubscribers && !reconciled.hasSubscribers) return;
    const { name, options } = this.#controller;
    const { key, reason } = context.item;
    runs += 1;
    // What is told at the end, but for how it ended: the rest may have changed by then, and one literal is cheap.
    const event: Trace = {
      run: runs,
      controller: name,
      kind: options.for.name,
      key,
      reason,
      attempt: context.attempt,
      startedAt: this.#wallAt(context.deadline - this.#controller.timeoutMs),
      active,
      concurrency: options.concurrency,
      outcome: "ok",
      result: "success",
      durationMs: 0,
      requeueMs: undefined,
      error: undefined,
    };
    context.traced = event;
    if (!reconcileStarts.hasSubscribers) return;
    const { run, controller, kind, attempt, startedAt, concurrency } = event;
    reconcileStarts.publish({ run, controller, kind, key, reason, attempt, startedAt, active, concurrency });
  }

  /** The wall clock at an instant of the other one. It is read once a second: a run is as short as three readings. */
  #wallAt(now: number): number {
    const age = now - this.#read.now;
    if (age < 0 || age >= 1_000) this.#read = { now, wall: this.#runtime.wallNow() };
    return this.#read.wall + (now - this.#read.now);
  }

  end(context: RunContext, result: ReconcileResultLabel, requeueMs: number | undefined, error: unknown): void {
    const { traced } = context;
    if (traced === undefined || !reconciled.hasSubscribers) return;
    context.endedAt = this.#runtime.now();
    traced.outcome = outcomes[result];
    traced.result = result;
    // The clock was read for the deadline.
    traced.durationMs = context.endedAt - (context.deadline - this.#controller.timeoutMs);
    traced.requeueMs = requeueMs;
    traced.error = error;
    reconciled.publish(traced); // not frozen, as what the queue tells: it would cost a sixth of a run that is told
  }
}
