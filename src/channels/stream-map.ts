import { currentRuntime } from "../core/ambient.js";
import { cancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { checkAsyncIterable } from "../core/check-type.js";
import { checkInteger } from "../core/check.js";
import { DONE } from "../core/done.js";
import { showing } from "../core/inspectable.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import type { BranchWaiter } from "./branch-waiter.js";
import { CLOSED, type Closed, type Received } from "./received.js";
import { remaining } from "../core/remaining.js";
import { Selection } from "./selection.js";
import { leaveAll, Steps } from "./steps.js";
import type { StreamOptions } from "./throttle.js";

interface Entry<T> {
  readonly iterable: AsyncIterable<T>;
  readonly steps: Steps<T>;
  readonly branch: BranchWaiter;
}

interface Step<K, T> {
  readonly key: K;
  readonly result: IteratorResult<T, undefined>;
}

/**
 * A `select` over a changing set of async iterables, each with a key; those that end are removed.
 *
 * @remarks
 * Fair: one that is always ready does not starve the others. Entries may come and go while somebody waits. Of
 * receivers nothing is taken before it is asked for; other iterables are asked for one item ahead.
 *
 * @example
 * ```ts
 * import { StreamMap, mpsc } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.unbounded<string>();
 * const rooms = new StreamMap<string, string>();
 * rooms.insert("lobby", rx);
 * tx.send("hello");
 * await rooms.next() // => { ok: true, value: ["lobby", "hello"] }
 * tx.close();
 * await rooms.next() // => { ok: false, reason: "closed" }
 * rooms.size // => 0
 * ```
 */
export class StreamMap<K, T> implements AsyncIterable<[key: K, item: T]> {
  static {
    showing(this, "StreamMap", "size");
  }

  readonly #entries = new Map<K, Entry<T>>();
  readonly #runtime: Runtime;
  readonly #selection: Selection<Step<K, T> | Closed>;
  /** What an iterable threw while others' items were gathered: the next wait's answer. */
  #failure: { readonly error: unknown } | undefined = undefined;
  #isWaiting = false;

  constructor({ runtime = currentRuntime() }: StreamOptions = {}) {
    this.#runtime = runtime;
    const toStep = (name: unknown, value: unknown): Step<K, T> => ({
      key: name as K,
      result: value as IteratorResult<T, undefined>,
    });
    this.#selection = new Selection<Step<K, T> | Closed>(runtime, toStep, { event: CLOSED }, true);
  }

  /** How many entries there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** Whether there is none. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /**
   * Adds an iterable; one that had the key is left, as by {@link StreamMap.remove}.
   *
   * @throws TypeError when it is no async iterable.
   */
  insert(key: K, iterable: AsyncIterable<T>): void {
    checkAsyncIterable("iterable", iterable);
    const steps = new Steps(iterable);
    const branch = this.#selection.add(key, steps); // first: a wait would end if the one that goes was the last
    const old = this.#drop(key);
    this.#entries.set(key, { iterable, steps, branch });
    this.#leave(old);
  }

  /** Leaves the iterable of that key; tells whether there was one. */
  remove(key: K): boolean {
    const entry = this.#drop(key);
    this.#leave(entry);
    return entry !== undefined;
  }

  /** Whether there is an iterable of that key. */
  has(key: K): boolean {
    return this.#entries.has(key);
  }

  /** The keys, in the order of insertion. */
  keys(): IterableIterator<K> {
    return this.#entries.keys();
  }

  /** The iterables, in the order of insertion. */
  *values(): IterableIterator<AsyncIterable<T>> {
    for (const { iterable } of this.#entries.values()) yield iterable;
  }

  /** The keys with their iterables, in the order of insertion. */
  *entries(): IterableIterator<[key: K, iterable: AsyncIterable<T>]> {
    for (const [key, { iterable }] of this.#entries) yield [key, iterable];
  }

  /** Leaves all of them. */
  clear(): void {
    for (const key of [...this.#entries.keys()]) this.remove(key);
  }

  /**
   * Waits for the next item of any of them; gives the end when none is left.
   *
   * @remarks **Cancel safety.** If it rejects for the signal or the timeout, no item was taken.
   * @throws What an iterable throws, which is removed then; the signal's reason, unchanged; TimeoutError; TypeError while
   * another wait is going on.
   */
  async next(options: WaitOptions = {}): Promise<Received<[key: K, item: T]>> {
    if (this.#isWaiting) throw new TypeError("Expected one wait at a time on this StreamMap; another is going on");
    if (options.signal?.aborted === true) throw options.signal.reason;
    const within = remaining(this.#runtime, options);
    this.#isWaiting = true;
    try {
      this.#throwFailure();
      for (;;) {
        const step = await within((left) => this.#selection.next(left));
        if ("ok" in step) return step;
        if (step.result.done !== true) return { ok: true, value: [step.key, step.result.value] };
        this.#dropEnded([step.key]);
      }
    } catch (error) {
      this.#dropEnded(this.#entries.keys());
      throw error;
    } finally {
      this.#isWaiting = false;
    }
  }

  /**
   * Takes the items that are ready, at most `max`; waits for the first. Empty when no iterable is left.
   *
   * @remarks **Cancel safety.** If it rejects for the signal or the timeout, no item was taken.
   * @throws As {@link StreamMap.next}; RangeError when `max` is not a positive integer.
   */
  async nextMany(max: number, options?: WaitOptions): Promise<[key: K, item: T][]> {
    checkInteger("max", max, 1);
    const first = await this.next(options);
    if (!first.ok) return [];
    const items = [first.value];
    try {
      this.#gather(items, max);
    } catch (error) {
      this.#failure = { error };
    }
    return items;
  }

  /** Iterates until no iterable is left. */
  [Symbol.asyncIterator](): AsyncIterator<[key: K, item: T], undefined> {
    return cancelSafeIterator(
      (options) => this.next(options),
      (received) => (received.ok ? { done: false, value: received.value } : DONE),
    );
  }

  /** Runs an iterator's own code, which may insert and remove: all else is done before. */
  #leave(entry: Entry<T> | undefined): void {
    if (entry === undefined) return;
    leaveAll([entry.steps.iterator]).catch((error: unknown) => {
      this.#runtime.report(error, { task: "StreamMap.remove" });
    });
  }

  #gather(items: [key: K, item: T][], max: number): void {
    while (items.length < max) {
      const ready = this.#selection.poll();
      if (typeof ready === "symbol" || "ok" in ready.event) return;
      const { key, result } = ready.event;
      if (result.done === true) this.#dropEnded([key]);
      else items.push([key, result.value]);
    }
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure.error;
  }

  /** Drops those of these entries that are over; by now another may have the key of one that ended. */
  #dropEnded(keys: Iterable<K>): void {
    for (const key of keys) if (this.#entries.get(key)?.steps.isOver === true) this.#drop(key);
  }

  #drop(key: K): Entry<T> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#selection.remove(entry.branch);
    return entry;
  }
}
