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
  try {
    const limits = options === undefined ? undefined : limitsOf(options);
    const value = source.poll(payload);
    if (value === PENDING) return park(runtime, label, source, limits, payload);
    if (value === DISABLED) throw neverReady(label);
    return runtime.ready(value);
  } catch (error) {
    return Promise.reject(error);
  }
}

/** When to give up. */
interface Limits {
  readonly signal: AbortSignal | undefined;
  readonly ms: number | undefined;
}

function limitsOf({ signal, timeout }: WaitOptions): Limits | undefined {
  if (signal?.aborted === true) throw signal.reason;
  const ms = timeout === undefined ? undefined : toMs(timeout, "timeout");
  return signal === undefined && ms === undefined ? undefined : { signal, ms };
}

function park<T>(
  runtime: Runtime,
  label: string,
  source: Source<T>,
  limits: Limits | undefined,
  payload: unknown,
): Promise<T> {
  if (limits?.ms === 0) throw new TimeoutError(0);
  let resolve!: (outcome: unknown) => void;
  const promise = new Promise<T>((onResolve) => {
    resolve = onResolve as typeof resolve;
  });
  if (limits === undefined) {
    enter(new Parked(runtime, label, source, payload, resolve));
  } else {
    const limited = new Limited(runtime, label, source, payload, resolve);
    enter(limited);
    limited.start(limits);
  }
  return promise;
}

function enter<T>(parked: Parked<T>): void {
  parked.runtime.parked?.(parked);
  parked.source.arm(parked);
}

function neverReady(label: string): Error {
  return new Error(`${label} waits for something that will never be ready`);
}

/** What a promise is resolved with to reject it: so one function settles it, and no second one is made for each wait. */
class Failure {
  private readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }

  then(_: unknown, reject: (error: unknown) => void): void {
    reject(this.error);
  }
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

  commit(value: T): void {
    this.payload = value;
    this.runtime.wake(this);
  }

  fail(error: unknown): void {
    this.payload = new Failure(error);
    this.runtime.wake(this);
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
  private registration: AbortRegistration | undefined = undefined;
  private deadline: TimerHandle | undefined = undefined;
  private hasEnded = false;

  start({ signal, ms }: Limits): void {
    if (this.hasEnded) return;
    if (signal !== undefined) this.registration = onAbort(signal, this);
    if (ms === undefined) return;
    const late = (): void => {
      this.aborted(new TimeoutError(ms));
    };
    this.deadline = this.runtime.timer(ms, late, this.label);
  }

  override commit(value: T): void {
    this.end();
    super.commit(value);
  }

  override fail(error: unknown): void {
    this.end();
    super.fail(error);
  }

  aborted(reason: unknown): void {
    this.source.disarm(this);
    this.fail(reason);
  }

  private end(): void {
    this.hasEnded = true;
    this.registration?.unlink();
    this.deadline?.[Symbol.dispose]();
  }
}
