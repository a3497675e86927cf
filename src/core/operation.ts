import { type AbortRegistration, onAbort } from "./abort-hub.js";
import { LinkedSignal } from "./linked-signal.js";
import type { Runtime } from "./runtime.js";

/** What a function gets that may be given up on. */
export interface OperationContext {
  /** Aborts when the result is no longer wanted; made when first read, so that it costs nothing unread. */
  readonly signal: AbortSignal;
}

/**
 * Whether `error` says no more than that a signal aborted with `reason`: the reason itself, an error caused by it, or
 * the `AbortError` that the platform makes of it.
 *
 * @internal
 */
export function isAbortOf(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  return error instanceof Error && ((reason !== undefined && error.cause === reason) || error.name === "AbortError");
}

/**
 * One call of a user's function that may be given up on: `promise` then rejects at once while the function winds down.
 *
 * @remarks A failure that comes after that goes to the runtime's `report`, unless it is only the abort come back.
 * @internal
 */
export class Operation<T> implements OperationContext {
  readonly promise: Promise<T>;
  readonly #link = new LinkedSignal();
  #state: "running" | "ended" | "given up" = "running";
  #reject!: (error: unknown) => void;
  #registration: AbortRegistration | undefined = undefined;

  /** Calls `run`; an abort of `parent`, which must not have aborted yet, gives up on it. */
  constructor(
    runtime: Runtime,
    label: string,
    run: (context: OperationContext) => T | PromiseLike<T>,
    parent?: AbortSignal,
  ) {
    this.promise = new Promise((resolve, reject) => {
      this.#reject = reject;
      const fulfilled = (value: T): void => {
        if (this.#end("ended")) resolve(value);
      };
      const rejected = (error: unknown): void => {
        if (this.#end("ended")) reject(error);
        else if (!isAbortOf(error, this.signal.reason)) runtime.report(error, { task: label });
      };
      try {
        const result = run(this);
        if (isThenable(result)) result.then(fulfilled, rejected);
        else fulfilled(result);
      } catch (error) {
        rejected(error);
      }
    });
    // `run` itself may have aborted it.
    if (parent?.aborted === true) this.giveUp(parent.reason);
    else if (parent !== undefined && this.isRunning) this.#registration = onAbort(parent, this);
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  get isRunning(): boolean {
    return this.#state === "running";
  }

  get isGivenUp(): boolean {
    return this.#state === "given up";
  }

  /** Aborts its signal and rejects its promise, both with `reason`; does nothing once it has ended. */
  giveUp(reason: unknown): void {
    if (!this.#end("given up")) return;
    this.#reject(reason);
    this.#link.abort(reason);
  }

  aborted(reason: unknown): void {
    this.giveUp(reason);
  }

  #end(state: "ended" | "given up"): boolean {
    if (this.#state !== "running") return false;
    this.#state = state;
    this.#registration?.unlink();
    return true;
  }
}

/** Whether `value` is a promise, of whatever make. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
