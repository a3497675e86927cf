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
export function wait<T>(
  runtime: Runtime,
  label: string,
  source: Source<T>,
  options?: WaitOptions,
  payload?: unknown,
): Promise<T> {
  const signal = options?.signal;
  if (signal?.aborted === true) return Promise.reject(signal.reason);
  try {
    const ms = options?.timeout === undefined ? undefined : toMs(options.timeout, "timeout");
    const value = source.poll(payload);
    if (value === DISABLED) throw neverReady(label);
    if (value !== PENDING) return runtime.ready(value);
    if (ms === 0) throw new TimeoutError(0);
    let resolve!: (value: T) => void;
    let reject!: (error: unknown) => void;
    const promise = new Promise<T>((onResolve, onReject) => {
      resolve = onResolve;
      reject = onReject;
    });
    const parked = new Parked(runtime, label, source, payload, resolve, reject);
    runtime.parked?.(parked);
    source.arm(parked);
    if (signal !== undefined || ms !== undefined) parked.giveUpOn(signal, ms);
    return promise;
  } catch (error) {
    return Promise.reject(error);
  }
}

function neverReady(label: string): Error {
  return new Error(`${label} waits for something that will never be ready`);
}

/** The signal and the deadline of one parked wait. */
interface GivingUp {
  readonly registration: AbortRegistration | undefined;
  readonly deadline: TimerHandle | undefined;
}

class Failure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

// Made for each wait, so it is small and plain: bytes and `#` members are what it costs.
class Parked<T> extends WaiterNode implements Waiter<T>, Wakeable, AbortTarget {
  readonly label: string;
  private readonly runtime: Runtime;
  private readonly resolve: (value: T) => void;
  private readonly reject: (error: unknown) => void;
  /** The value, a {@link Failure}, or still `PENDING`. */
  private outcome: unknown = PENDING;
  private givingUp: GivingUp | undefined = undefined;

  constructor(
    runtime: Runtime,
    label: string,
    source: Source<T>,
    payload: unknown,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
  ) {
    super(source, payload);
    this.label = label;
    this.runtime = runtime;
    this.resolve = resolve;
    this.reject = reject;
  }

  giveUpOn(signal: AbortSignal | undefined, ms: number | undefined): void {
    if (this.outcome !== PENDING) return;
    const registration = signal === undefined ? undefined : onAbort(signal, this);
    const late = (): void => {
      this.giveUp(new TimeoutError(ms ?? 0));
    };
    const deadline = ms === undefined ? undefined : this.runtime.timer(ms, late, this.label);
    this.givingUp = { registration, deadline };
  }

  commit(value: T): void {
    this.end(value);
  }

  fail(error: unknown): void {
    this.end(new Failure(error));
  }

  disable(): void {
    this.fail(neverReady(this.label));
  }

  aborted(reason: unknown): void {
    this.giveUp(reason);
  }

  settle(): void {
    if (this.outcome instanceof Failure) this.reject(this.outcome.error);
    else this.resolve(this.outcome as T);
  }

  private giveUp(error: unknown): void {
    (this.source as Source<T>).disarm(this);
    this.fail(error);
  }

  private end(outcome: unknown): void {
    this.outcome = outcome;
    if (this.givingUp !== undefined) {
      this.givingUp.registration?.unlink();
      this.givingUp.deadline?.[Symbol.dispose]();
    }
    this.runtime.wake(this);
  }
}
