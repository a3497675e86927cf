import { type Logger, isKeelsonError } from "../core/index.js";
import type { ReconcileResultLabel } from "./diagnostics.js";
import type { FailureReports } from "./failure-reports.js";
import { type BackoffOptions, KeyBackoff } from "./key-backoff.js";
import type { LoopParts } from "./loop-parts.js";

/** Conflicts are everyday: the key is tried again this often, this soon, before it is put back with back-off. */
const conflictRetries = 5;
const conflictDelayMs = 10;

/**
 * Decides when a key is tried again after an error.
 *
 * @internal
 */
export class KeyRetries {
  readonly #backoff: KeyBackoff;
  readonly #conflicts = new Map<string, number>();
  readonly #log: Logger;
  readonly #reports: FailureReports | undefined;

  constructor(
    options: BackoffOptions | undefined,
    { runtime, log, reports }: Pick<LoopParts, "runtime" | "log" | "reports">,
  ) {
    this.#backoff = new KeyBackoff(runtime, options);
    this.#log = log;
    this.#reports = reports;
  }

  /** Failures of the key in a row; quick retries of conflicts are none. */
  count(key: string): number {
    return this.#backoff.count(key);
  }

  /**
   * What kind of failure it is, and milliseconds until the key is to be tried again; without them, not before it
   * changes.
   */
  failed(key: string, error: unknown): { readonly result: ReconcileResultLabel; readonly delayMs?: number } {
    if (isKeelsonError(error, "RECONCILE_TERMINAL")) {
      this.#reset(key);
      this.#reports?.failed(error, key);
      this.#log.error({ key, err: error }, "gave up until the object changes");
      return { result: "terminal" };
    }
    if (isKeelsonError(error, "RESOURCE_CONFLICT")) {
      const delayMs = this.#afterConflict(key);
      this.#log.debug({ key, err: error, delayMs }, "conflict; trying again");
      return { result: "conflict", delayMs };
    }
    const delayMs = this.#backoff.fail(key);
    this.#reports?.failed(error, key);
    this.#log.warn({ key, err: error, delayMs }, "reconcile failed; trying again");
    return { result: "error", delayMs };
  }

  /** Forgets the key's failures: it has worked, or is gone. */
  forget(key: string): void {
    this.#reset(key);
    this.#reports?.worked(key);
  }

  #reset(key: string): void {
    this.#backoff.forget(key);
    if (this.#conflicts.size > 0) this.#conflicts.delete(key);
  }

  #afterConflict(key: string): number {
    const conflicts = (this.#conflicts.get(key) ?? 0) + 1;
    this.#conflicts.set(key, conflicts);
    return conflicts <= conflictRetries ? conflictDelayMs : this.#backoff.fail(key);
  }
}
