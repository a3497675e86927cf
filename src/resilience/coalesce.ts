import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkObject } from "../core/check.js";
import { Operation, type OperationContext } from "../core/operation.js";
import { promiseSource } from "../core/promise-hub.js";
import type { Runtime } from "../core/runtime.js";
import { type WaitOptions, wait } from "../core/wait.js";

/** Joins calls for the same key; made by {@link coalesce}. */
export interface Coalesce<K, T> {
  /**
   * Calls `fn`, or joins the call for `key` that is under way, whose `fn` it was then.
   *
   * @remarks
   * **Cancel safety.** One who gives up leaves the others alone; when the last has gone, the call's signal aborts.
   */
  (key: K, fn: (context: OperationContext) => T | PromiseLike<T>, options?: WaitOptions): Promise<T>;
  /** How many keys are under way. */
  readonly size: number;
}

interface Flight<T> {
  readonly operation: Operation<T>;
  waiting: number;
}

/**
 * Makes a coalescer: calls for one key that overlap in time become one, and all get its result or its failure.
 *
 * @remarks Nothing is kept once the call has ended: this is no cache. Keys are compared as those of a `Map`.
 *
 * @example
 * ```ts
 * import { coalesce } from "keelson/resilience";
 *
 * let loads = 0;
 * const users = coalesce<string, number>();
 * const load = async () => (loads += 1);
 * await Promise.all([users("ada", load), users("ada", load), users("bob", load)]) // => [1, 1, 2]
 * users.size // => 0
 * ```
 */
export function coalesce<K, T>(options: { readonly runtime?: Runtime } = {}): Coalesce<K, T> {
  checkObject("options", options);
  const { runtime = currentRuntime() } = options;
  const flights = new Map<K, Flight<T>>();
  const takeOff = (key: K, fn: (context: OperationContext) => T | PromiseLike<T>): Flight<T> => {
    const flight: Flight<T> = { operation: new Operation(runtime, "coalesce", fn), waiting: 0 };
    const landed = (): void => {
      if (flights.get(key) === flight) flights.delete(key);
    };
    flight.operation.promise.then(landed, landed);
    flights.set(key, flight);
    return flight;
  };
  const join: (...args: Parameters<Coalesce<K, T>>) => Promise<T> = async (key, fn, waitOptions) => {
    checkFunction("fn", fn);
    waitOptions?.signal?.throwIfAborted();
    const flight = flights.get(key) ?? takeOff(key, fn);
    flight.waiting += 1;
    try {
      return await wait(runtime, "coalesce", promiseSource(flight.operation.promise), waitOptions);
    } catch (error) {
      if (flight.waiting === 1 && flight.operation.isRunning) {
        flights.delete(key);
        flight.operation.giveUp(error);
      }
      throw error;
    } finally {
      flight.waiting -= 1;
    }
  };
  return Object.defineProperties(join, { size: { get: () => flights.size } }) as Coalesce<K, T>;
}
