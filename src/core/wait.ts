import { type AbortRegistration, type AbortTarget, onAbort } from "./abort-hub.js";
import { type Duration, toMs } from "./duration.js";
import { TimeoutError } from "./errors.js";
import type { Runtime, TimerHandle, Wakeable } from "./runtime.js";
import { DISABLED, PENDING, type Source, type Waiter, WaiterNode } from "./selectable.js";

/** How a wait may end early; every awaited operation takes it. */
export interface WaitOptions {
  /** Gives up when it aborts, rejecting with its reason, unchanged. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up after this long, rejecting with a `TimeoutError`; `0` does not wait at all. */
  readonly timeout?: Duration | undefined;
}

/**
 * Waits for a source: an aborted signal, a ready value, a timeout of 0, parking, in that order; once parked, the first
 * of value, abort and deadline wins, and the others leave no trace.
 *
 * @internal
 */
export function wait<T>(runtime: Runtime, label: string, source: Source<T>, options?: WaitOptions): Promise<T> {
  const signal = options?.signal;
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  try {
    const ms = options?.timeout === undefined ? undefined : toMs(options.timeout, "timeout");
    const value = source.poll();
    if (value === DISABLED) throw neverReady(label);
    if (value !== PENDING) return runtime.ready(value);
    if (ms === 0) throw new TimeoutError(0);
    const parked = new Parked(runtime, label, source);
    const promise = parked.promise();
    source.arm(parked);
    parked.giveUpOn(signal, ms);
    return promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

function neverReady(label: string): Error {
  return new Error(`${label} waits for something that will never be ready`);
}

class Parked<T> extends WaiterNode implements Waiter<T>, Wakeable, AbortTarget {
  readonly label: string;
  readonly #runtime: Runtime;
  readonly #source: Source<T>;
  #resolve: ((value: T) => void) | undefined = undefined;
  #reject: ((error: unknown) => void) | undefined = undefined;
  #outcome: { readonly value: T } | { readonly error: unknown } | undefined = undefined;
  #registration: AbortRegistration | undefined = undefined;
  #deadline: TimerHandle | undefined = undefined;

  constructor(runtime: Runtime, label: string, source: Source<T>) {
    super();
    this.#runtime = runtime;
    this.label = label;
    this.#source = source;
  }

  promise(): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  giveUpOn(signal: AbortSignal | undefined, ms: number | undefined): void {
    if (this.#outcome !== undefined) return;
    if (signal !== undefined) this.#registration = onAbort(signal, this);
    if (ms !== undefined) {
      this.#deadline = this.#runtime.timer(
        ms,
        () => {
          this.#giveUp(new TimeoutError(ms));
        },
        this.label,
      );
    }
  }

  commit(value: T): void {
    this.#end({ value });
  }

  fail(error: unknown): void {
    this.#end({ error });
  }

  disable(): void {
    this.fail(neverReady(this.label));
  }

  aborted(reason: unknown): void {
    this.#giveUp(reason);
  }

  settle(): void {
    const outcome = this.#outcome;
    if (outcome === undefined) return;
    if ("value" in outcome) this.#resolve?.(outcome.value);
    else this.#reject?.(outcome.error);
  }

  #giveUp(error: unknown): void {
    this.#source.disarm(this);
    this.fail(error);
  }

  #end(outcome: { readonly value: T } | { readonly error: unknown }): void {
    this.#outcome = outcome;
    this.#registration?.unlink();
    this.#deadline?.[Symbol.dispose]();
    this.#runtime.wake(this);
  }
}
