import { currentRuntime } from "../core/ambient.js";
import { cancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { checkObject } from "../core/check.js";
import { DONE } from "../core/done.js";
import { type Duration, toMs } from "../core/duration.js";
import { showing } from "../core/inspectable.js";
import type { Runtime } from "../core/runtime.js";
import type { Selectable, Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { Alarm } from "./alarm.js";
import { Heap, type HeapEntry } from "./heap.js";
import { checkInstant } from "./instant.js";

/** How a {@link DelayQueue} is made. */
export interface DelayQueueOptions {
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** Stands for one value in a {@link DelayQueue}. */
export interface DelayKey {
  /** When the value expires, in milliseconds on the runtime's monotonic clock. */
  readonly deadline: number;
}

/** A value that left a {@link DelayQueue}. */
export interface Expired<T> {
  /** What was put in. */
  readonly value: T;
  /** What {@link DelayQueue.insert} returned for it. */
  readonly key: DelayKey;
  /** When it expired, or would have. */
  readonly deadline: number;
}

/** What {@link DelayQueue.next} resolves with: the next value to expire, or that there is none to wait for. */
export type NextExpired<T> = ({ readonly ok: true } & Expired<T>) | { readonly ok: false; readonly reason: "empty" };

/**
 * Values that come out when their time has come.
 *
 * @remarks
 * Values of equal deadline come in any order. An async iterable that ends when the queue is empty, and may be iterated
 * anew once it is not; as a branch of `select` it waits through emptiness, for values inserted meanwhile.
 *
 * @example
 * ```ts
 * import { virtualTime } from "keelson/testing";
 * import { DelayQueue } from "keelson/time";
 *
 * using time = virtualTime({ autoAdvance: true });
 * const sessions = new DelayQueue<string>();
 * sessions.insert("ada", "30s");
 * const key = sessions.insert("grace", "10s");
 * sessions.reset(key, "1m");
 * const expired: string[] = [];
 * for await (const { value } of sessions) expired.push(value);
 * expired // => ["ada", "grace"]
 * ```
 */
export class DelayQueue<T> implements Selectable<Expired<T>>, AsyncIterable<Expired<T>> {
  static {
    showing(this, "DelayQueue", "length");
  }

  readonly #runtime: Runtime;
  readonly #heap = new Heap<Entry<T>>();
  readonly #alarm: Alarm<NextExpired<T>>;
  /** The wait that ends when the queue is empty. */
  readonly #next: Source<NextExpired<T>> = {
    poll: () => (this.isEmpty ? nothing : this.#alarm.poll()),
    arm: (waiter) => {
      waiter.payload = this.#next;
      this.#alarm.arm(waiter);
    },
    disarm: (waiter) => {
      this.#alarm.disarm(waiter);
    },
  };

  constructor({ runtime = currentRuntime() }: DelayQueueOptions = {}) {
    this.#runtime = runtime;
    this.#alarm = new Alarm(runtime, "DelayQueue", Number.POSITIVE_INFINITY, () => this.#expire());
  }

  get "~source"(): Source<Expired<T>> {
    // Such a wait is not ended by emptiness, so that its value is always one that has expired.
    return this.#alarm as Source<NextExpired<T> & { readonly ok: true }>;
  }

  /** How many values are in it, those that have expired and were not taken included. */
  get length(): number {
    return this.#heap.length;
  }

  /** Whether nothing is in it. */
  get isEmpty(): boolean {
    return this.#heap.length === 0;
  }

  /**
   * Puts `value` in, to expire `delay` from now.
   *
   * @throws TypeError when `delay` is no duration.
   */
  insert(value: T, delay: Duration): DelayKey {
    return this.insertAt(value, this.#runtime.now() + toMs(delay, "delay"));
  }

  /**
   * Puts `value` in, to expire at `instant` on the runtime's monotonic clock.
   *
   * @throws RangeError when `instant` is no number.
   */
  insertAt(value: T, instant: number): DelayKey {
    checkInstant(instant);
    const entry: Entry<T> = { value, deadline: instant, place: -1, queue: this };
    this.#heap.push(entry);
    this.#update();
    return entry;
  }

  /**
   * Takes the next value to expire, waiting until it has.
   *
   * @remarks
   * Resolves with `{ ok: false, reason: "empty" }` when there is nothing to wait for, at the call or later.
   * **Cancel safety.** An abort takes nothing.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  next(options?: WaitOptions): Promise<NextExpired<T>> {
    return wait(this.#runtime, "DelayQueue.next", this.#next, options);
  }

  /** The key of the value that expires next; `undefined` when there is none. */
  peek(): DelayKey | undefined {
    return this.#heap.peek();
  }

  /** Whether the value of `key` is still in the queue. */
  has(key: DelayKey): boolean {
    return this.#find(key) !== undefined;
  }

  /**
   * Takes the value of `key` out before its time.
   *
   * @throws RangeError when it is not in the queue any more.
   */
  remove(key: DelayKey): Expired<T> {
    return this.tryRemove(key) ?? unknownKey();
  }

  /** Takes the value of `key` out before its time; `undefined` when it is not in the queue any more. */
  tryRemove(key: DelayKey): Expired<T> | undefined {
    const entry = this.#find(key);
    if (entry === undefined) return undefined;
    this.#heap.remove(entry);
    this.#update();
    return expired(entry);
  }

  /**
   * Lets the value of `key` expire `delay` from now instead.
   *
   * @throws RangeError when it is not in the queue any more; TypeError when `delay` is no duration.
   */
  reset(key: DelayKey, delay: Duration): void {
    this.resetAt(key, this.#runtime.now() + toMs(delay, "delay"));
  }

  /**
   * Lets the value of `key` expire at `instant` on the runtime's monotonic clock instead.
   *
   * @throws RangeError when it is not in the queue any more, or `instant` is no number.
   */
  resetAt(key: DelayKey, instant: number): void {
    checkInstant(instant);
    const entry = this.#find(key) ?? unknownKey();
    this.#heap.remove(entry);
    entry.deadline = instant;
    this.#heap.push(entry);
    this.#update();
  }

  /** Drops every value. */
  clear(): void {
    this.#heap.clear();
    this.#update();
  }

  /** What {@link DelayQueue.next} takes, until the queue is empty. */
  [Symbol.asyncIterator](): AsyncIterator<Expired<T>, undefined> {
    return cancelSafeIterator(
      (options) => this.next(options),
      (next) => (next.ok ? { done: false, value: next } : DONE),
    );
  }

  #find(key: DelayKey): Entry<T> | undefined {
    checkObject("key", key);
    const entry = key as Entry<T>;
    return entry.queue === this && entry.place >= 0 ? entry : undefined;
  }

  #expire(): NextExpired<T> {
    const entry = this.#heap.peek() ?? unknownKey();
    this.#heap.remove(entry);
    this.#update();
    return { ok: true, ...expired(entry) };
  }

  #update(): void {
    this.#alarm.moveTo(this.#heap.peek()?.deadline ?? Number.POSITIVE_INFINITY);
    if (this.isEmpty) this.#alarm.dismiss(this.#next, nothing);
  }
}

const nothing = { ok: false, reason: "empty" } as const;

/** A value in the queue; it is its own key. */
interface Entry<T> extends DelayKey, HeapEntry {
  readonly value: T;
  readonly queue: DelayQueue<T>;
  deadline: number;
  place: number;
}

function expired<T>(entry: Entry<T>): Expired<T> {
  return { value: entry.value, key: entry, deadline: entry.deadline };
}

function unknownKey(): never {
  throw new RangeError("Expected `key` to be of a value in the queue, got one that has left it");
}
