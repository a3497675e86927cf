import pLimit from "p-limit";
import { currentRuntime } from "../core/ambient.js";
import { checkInteger } from "../core/check.js";
import { List } from "../core/list.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { QueueFullError } from "./errors.js";

/** How {@link limit} treats calls that find no free slot. */
export interface LimitOptions {
  /** How many calls may wait; further ones are refused with a `QueueFullError`. @defaultValue `Infinity` */
  readonly queue?: number;
  /** Timers of the waits. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** Runs functions, so many at a time; made by {@link limit}. */
export interface Limit {
  /**
   * Runs `fn` as soon as a slot is free, in the order of the calls.
   *
   * @remarks
   * **Cancel safety.** `signal` and `timeout` end the wait for a slot: `fn` was not called then, and the place in the
   * queue is lost. Once `fn` runs they do nothing; hand it the signal yourself.
   * @throws QueueFullError when as many calls wait as may.
   */
  <T>(fn: () => T | PromiseLike<T>, options?: WaitOptions): Promise<T>;
  /** How many functions run. */
  readonly active: number;
  /** How many calls wait for a slot. */
  readonly pending: number;
  /** How many functions may run at a time; lowering it lets running ones finish. */
  concurrency: number;
}

/**
 * Makes a limiter: functions run through it at most `concurrency` at a time, first come first served.
 *
 * @remarks A function that waits for its own limiter can wait for ever.
 * @throws RangeError when `concurrency` is no integer of at least 1, nor `Infinity`.
 *
 * @example
 * ```ts
 * import { limit } from "keelson/resilience";
 *
 * const two = limit(2);
 * const squares = await Promise.all([1, 2, 3].map((n) => two(async () => n * n)));
 * squares // => [1, 4, 9]
 * two.active // => 0
 * ```
 */
export function limit(concurrency: number, options: LimitOptions = {}): Limit {
  const { queue = Number.POSITIVE_INFINITY, runtime = currentRuntime() } = options;
  checkConcurrency("concurrency", concurrency);
  if (queue !== Number.POSITIVE_INFINITY) checkInteger("queue", queue, 0);
  const gate = pLimit(concurrency);
  let size = concurrency;
  const line = new List<Waiter<Release>>();
  /** Turns asked of p-limit by waiters that have gone; the next ones to come take them over. */
  let spare = 0;

  const turn = (): Promise<void> | undefined => {
    const next = line.shift();
    if (next === undefined) {
      spare -= 1;
      return undefined;
    }
    return new Promise<void>((release) => {
      next.commit(release);
    });
  };
  const source: Source<Release> = {
    poll: () => PENDING,
    arm(waiter) {
      line.push(waiter);
      if (spare > 0) spare -= 1;
      else void gate(turn);
    },
    disarm(waiter) {
      waiter.unlink();
      spare += 1;
    },
  };
  const queued = async <T>(fn: () => T | PromiseLike<T>, waitOptions: WaitOptions | undefined): Promise<T> => {
    const release = await wait(runtime, "limit", source, waitOptions);
    try {
      return await fn();
    } finally {
      release();
    }
  };
  const waiting = (): number => Math.max(0, gate.pendingCount - spare);
  const run = <T>(fn: () => T | PromiseLike<T>, waitOptions?: WaitOptions): Promise<T> => {
    const { signal, timeout } = waitOptions ?? always;
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    // Each of p-limit's figures is read once: they are dear.
    const inLine = gate.pendingCount;
    const isFree = inLine === 0 && gate.activeCount < size;
    if (!isFree && inLine - spare >= queue) return Promise.reject(new QueueFullError({ queue }));
    // Behind a turn that may change hands, every call has to go through the line, or it could be overtaken.
    const cannotLeave = signal === undefined && timeout === undefined && line.first === undefined && spare === 0;
    return isFree || cannotLeave ? gate(fn) : queued(fn, waitOptions);
  };

  return Object.defineProperties(run, {
    active: { get: () => gate.activeCount },
    pending: { get: waiting },
    concurrency: {
      get: () => size,
      set(value: number) {
        checkConcurrency("concurrency", value);
        size = value;
        gate.concurrency = value;
      },
    },
  }) as Limit;
}

type Release = () => void;

const always: WaitOptions = {};

/**
 * Refuses everything but an integer of at least 1, or `Infinity`.
 *
 * @internal
 */
export function checkConcurrency(option: string, concurrency: number): void {
  if (concurrency === Number.POSITIVE_INFINITY) return;
  checkInteger(option, concurrency, 1);
}
