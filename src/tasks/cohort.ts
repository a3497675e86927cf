import { type AbortRegistration, onAbort } from "../core/abort-hub.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { type OperationContext, isAbortOf } from "../core/operation.js";
import { CancelledError } from "./errors.js";

/**
 * Calls that stand and fall together: the first failure, or the caller's abort, cancels the others.
 *
 * @remarks What comes of cancelling does not count as a failure.
 * @internal
 */
export class Cohort implements OperationContext {
  readonly #link = new LinkedSignal();
  readonly #failures: unknown[] = [];
  readonly #registration: AbortRegistration | undefined;
  /** Called once, when the rest is told to stop. */
  onStop: (() => void) | undefined = undefined;
  #stop: { readonly reason: unknown } | undefined = undefined;

  /** `signal` must not have aborted yet. */
  constructor(signal: AbortSignal | undefined) {
    this.#registration = signal === undefined ? undefined : onAbort(signal, this);
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  get isStopped(): boolean {
    return this.#stop !== undefined;
  }

  /** Tells everybody to stop. */
  stop(reason: unknown): void {
    if (this.#stop !== undefined) return;
    this.#stop = { reason };
    this.#link.abort(reason);
    this.onStop?.();
  }

  aborted(reason: unknown): void {
    this.stop(reason);
  }

  /** Takes note of what a call threw, and lets the others go on. */
  note(error: unknown): void {
    if (this.#stop === undefined || !isAbortOf(error, this.#stop.reason)) this.#failures.push(error);
  }

  /** Takes note of what a call threw, and tells the others to stop. */
  failed(error: unknown): void {
    this.note(error);
    this.stop(new CancelledError("the rest", { cause: error }));
  }

  /** Takes note of what a call threw, unless it only passes on what was noted before. */
  failedUnlessKnown(error: unknown): void {
    const known = (candidate: unknown): boolean => this.#failures.includes(candidate);
    if (known(error) || (error instanceof Error && known(error.cause))) return;
    this.failed(error);
  }

  /** To be called when all have ended: throws the one failure, or all of them, or the reason of the abort. */
  end(): void {
    this.#registration?.unlink();
    if (this.#failures.length > 1) throw new AggregateError(this.#failures, "several calls failed");
    if (this.#failures.length === 1) throw this.#failures[0];
    if (this.#stop !== undefined) throw this.#stop.reason;
  }
}
