// Passed on to the declarations, so that users need not name this library to compile against ours.
/// <reference lib="esnext.disposable" preserve="true" />
import type { Signals } from "./signals.js";

/** A timer that can be moved; it may be reset after it fired, too. */
export interface TimerHandle extends Disposable {
  /** Fires `ms` from now instead. */
  reset(ms: number): void;
  /** Keeps the process alive until it fires: the state it starts in. */
  ref(): void;
  /** No longer keeps the process alive. */
  unref(): void;
}

/** A wait whose outcome is decided, and whose promise is still to be settled. */
export interface Wakeable {
  /** What was waited for, such as `"mpsc.recv"`: traces and deadlock reports show it. */
  readonly label: string;
  /** Settles the promise, and does nothing else. */
  settle(): void;
}

/** How {@link Runtime.report} describes a failure. */
export interface FailureInfo {
  /** The task or part in which it happened. */
  readonly task?: string;
  /** Whether it is dealt with, as by trying again: a person may want to know, but it fails no test. @defaultValue `false` */
  readonly handled?: boolean | undefined;
}

/**
 * The seam between keelson and the world: everything that waits, wakes, reads a clock, draws a random number or makes
 * an id goes through it. In production it is a thin veneer over the host; in a test it is virtual.
 *
 * @remarks
 * A component takes `runtime` in its options or captures {@link currentRuntime} when it is constructed.
 */
export interface Runtime {
  /** Where this runs: `"local"` in production, the host's name in a simulation. */
  readonly host: string;
  /** The event bus for observers. */
  readonly signals: Signals;
  /** Milliseconds on the monotonic clock, with fractions. */
  now(): number;
  /** Milliseconds since the epoch; may jump, may be skewed. */
  wallNow(): number;
  /** A random number in [0, 1). */
  random(): number;
  /** A unique id, `<prefix>_<id>` when a prefix is given. */
  id(prefix?: string): string;
  /**
   * Calls `fn` once, `ms` from now and never earlier; `Infinity` never.
   *
   * @remarks Longer times than the host's timers can take work. An error in `fn` goes to {@link Runtime.report}.
   */
  timer(ms: number, fn: () => void, label?: string): TimerHandle;
  /**
   * Resolves `ms` from now.
   *
   * @remarks **Cancel safety.** An abort of `signal` rejects at once with its reason and leaves no timer behind.
   */
  sleep(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Told of each wait that parks, before it can be woken: a simulation names those that nothing will ever wake. */
  readonly parked?: ((waiter: Wakeable) => void) | undefined;
  /** Settles a decided wait: at once, or, when this turn of the event loop has done enough, in the next one. */
  wake(waiter: Wakeable): void;
  /** A promise of a value that was ready at the call, under the same rule as {@link Runtime.wake}. */
  ready<T>(value: T): Promise<T>;
  /** Whether {@link Runtime.ready} would resolve at once, and not only in the next turn of the event loop. */
  hasBudget(): boolean;
  /** Does real I/O; virtual time stands still while it is in flight. */
  real<T>(work: () => Promise<T>): Promise<T>;
  /** Lets timers and I/O run. */
  yieldNow(): Promise<void>;
  /** Takes a failure that nobody awaits. */
  report(error: unknown, info: FailureInfo): void;
}
