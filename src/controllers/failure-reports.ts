import { type Runtime, isKeelsonError } from "../core/index.js";

/**
 * Tells the runtime what fails in a controller without a log: of each key, or other part, the first failure in a row.
 *
 * @internal
 */
export class FailureReports {
  readonly #runtime: Runtime;
  readonly #controller: string;
  readonly #stop: AbortSignal;
  readonly #failing = new Set<string>();

  constructor(runtime: Runtime, controller: string, stop: AbortSignal) {
    this.#runtime = runtime;
    this.#controller = controller;
    this.#stop = stop;
  }

  /** `part` has failed; it is tried again, or somebody must change something. */
  failed(error: unknown, part: string): void {
    // Of the loss of leadership the manager's `run` tells, and what stops may fail.
    if (this.#stop.aborted || this.#failing.has(part) || isKeelsonError(error, "RESOURCE_FENCED")) return;
    this.#failing.add(part);
    this.#runtime.report(error, { task: `controller "${this.#controller}", ${part}`, handled: true });
  }

  /** `part` has worked, or there is none any more. */
  worked(part: string): void {
    if (this.#failing.size > 0) this.#failing.delete(part);
  }
}
