import { type AbortRegistration, type AbortTarget, onAbort } from "./abort-hub.js";
import { type Duration, toMs } from "./duration.js";
import { TimeoutError } from "./errors.js";
import type { Links, List } from "./list.js";
import type { Runtime, TimerHandle, Wakeable } from "./runtime.js";
import { DISABLED, PENDING, type Source, type Waiter } from "./selectable.js";

/** How a wait may end early; every awaited operation takes it. */
export interface WaitOptions {
  /** Gives up when it aborts, rejecting with its reason, unchanged. */
  readonly signal?: AbortSignal | undefined;
  /** Gives up after this long, rejecting with a `TimeoutError`; `0` does not wait at all. */
  readonly timeout?: Duration | undefined;
}

const unlimited: WaitOptions = {};

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
  { signal, timeout }: WaitOptions = unlimited,
  payload?: unknown,
): Promise<T> {
  try {
    signal?.throwIfAborted(); // what is no signal has no such method, and waits for nothing
    const ms = timeout === undefined ? undefined : toMs(timeout, "timeout");
    const value = source.poll(payload);
    if (value === PENDING) return park(runtime, label, source, payload, signal, ms);
    if (value === DISABLED) throw neverReady(label);
    return runtime.ready(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Waits, for as long as it takes, for a source that has just been found pending.
 *
 * @internal
 */
export function park<T>(
  runtime: Runtime,
  label: string,
  source: Source<T>,
  payload?: unknown,
  signal?: AbortSignal,
  ms?: number,
): Promise<T> {
  if (ms === 0) throw new TimeoutError(0);
  let resolve!: (outcome: unknown) => void;
  const promise = new Promise<T>((onResolve) => {
    resolve = onResolve as typeof resolve;
  });
  if (signal === undefined && ms === undefined) {
    enter(new Parked(runtime, label, source, payload, resolve));
  } else {
    const limited = new Limited(runtime, label, source, payload, resolve);
    enter(limited);
    limited.start(signal, ms);
  }
  return promise;
}

function enter<T>(parked: Parked<T>): void {
  parked.runtime.parked?.(parked);
  parked.source.arm(parked);
}

function neverReady(label: string): Error {
  return new Error(`${label}: never ready`);
}

/**
 * What a promise is resolved with to reject it: so one function settles it, and no second one is made for each wait.
 *
 * @internal
 */
export function rejection(error: unknown): PromiseLike<never> {
  return {
    then: (_: unknown, reject: (error: unknown) => void): void => {
      reject(error);
    },
  } as unknown as PromiseLike<never>;
}

// Made for each wait, so it is small and plain: bytes, `#` members and a base class's constructor are what it costs.
class Parked<T> implements Waiter<T>, Wakeable {
  prev: Links | undefined;
  next: Links | undefined;
  list: List<Links> | undefined;
  readonly label: string;
  readonly source: Source<T>;
  /** What the wait brings along; once it has ended, what it came to. */
  payload: unknown;
  readonly runtime: Runtime;
  private readonly resolve: (outcome: unknown) => void;

  constructor(
    runtime: Runtime,
    label: string,
    source: Source<T>,
    payload: unknown,
    resolve: (outcome: unknown) => void,
  ) {
    this.prev = undefined;
    this.next = undefined;
    this.list = undefined;
    this.label = label;
    this.source = source;
    this.payload = payload;
    this.runtime = runtime;
    this.resolve = resolve;
  }

  unlink(): void {
    this.list?.remove(this);
  }

  commit(value: unknown): void {
    this.payload = value;
    this.runtime.wake(this);
  }

  fail(error: unknown): void {
    this.commit(rejection(error));
  }

  disable(): void {
    this.fail(neverReady(this.label));
  }

  settle(): void {
    this.resolve(this.payload);
  }
}

/** A wait that is given up on when a signal aborts, or at a deadline. */
class Limited<T> extends Parked<T> implements AbortTarget {
  #registration: AbortRegistration | undefined = undefined;
  #deadline: TimerHandle | undefined = undefined;
  #hasEnded = false;

  start(signal: AbortSignal | undefined, ms: number | undefined): void {
    if (this.#hasEnded) return;
    if (signal !== undefined) this.#registration = onAbort(signal, this);
    if (ms === undefined) return;
    const late = (): void => {
      this.aborted(new TimeoutError(ms));
    };
    this.#deadline = this.runtime.timer(ms, late, this.label);
  }

  override commit(value: unknown): void {
    this.#hasEnded = true;
    this.#registration?.unlink();
    this.#deadline?.[Symbol.dispose]();
    super.commit(value);
  }

  aborted(reason: unknown): void {
    this.source.disarm(this);
    this.fail(reason);
  }
}
