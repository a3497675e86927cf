import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import { Deque } from "../core/deque.js";
import type { OperationContext } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { Cohort } from "./cohort.js";
import { CancelledError } from "./errors.js";
import { type ConcurrentOptions, checkLimit } from "./for-each-concurrent.js";
import { type AnyIterable, type Pull, checkSource, pullFrom } from "./pull.js";

/** In which order the results come, and what else ends the calls. */
export interface MapConcurrentOptions extends ConcurrentOptions {
  /** Whether results come in the order of their items; otherwise as they are ready. @defaultValue `true` */
  readonly ordered?: boolean | undefined;
}

/**
 * The results of `map` for each item of `source`, at most `limit` items in hand at a time: being worked on, or waiting
 * to be taken.
 *
 * @remarks
 * Nothing starts before the first `next()`, and whoever stops taking results stops the source. The first failure aborts
 * the context's signal and drops the results not yet taken; `next()` rejects with it once the calls that run have
 * ended, as {@link forEachConcurrent} does.
 * **Cancel safety.** Leaving a `for await` over it, or an abort, cancels the calls, waits for them and closes the
 * source; results not yet taken are dropped. Items are not, but for what {@link forEachConcurrent} says of other async
 * iterators: each that was taken is given to `map`.
 * @throws RangeError when `limit` is neither an integer of at least 1 nor `Infinity`.
 *
 * @example
 * ```ts
 * import { mapConcurrent } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * const squares: number[] = [];
 * for await (const square of mapConcurrent([3, 1, 2], 2, async (n) => {
 *   await sleep(n);
 *   return n * n;
 * })) {
 *   squares.push(square);
 * }
 * squares // => [9, 1, 4]
 * ```
 */
export function mapConcurrent<T, R>(
  source: AnyIterable<T>,
  limit: number,
  map: (item: T, context: OperationContext) => R | PromiseLike<R>,
  { ordered = true, signal, runtime = currentRuntime() }: MapConcurrentOptions = {},
): AsyncIterableIterator<R> {
  checkSource(source);
  checkLimit(limit);
  checkFunction("map", map);
  return new Mapping(source, limit, map, ordered, signal, runtime);
}

/** An item in hand; `result` is there once the call has ended. */
interface Slot<R> {
  result: { readonly value: R } | undefined;
}

/** A `next()` that waits; `settle` is called through the runtime. */
interface Reader<R> {
  readonly resolve: (result: IteratorResult<R, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };

class Mapping<T, R> implements AsyncIterableIterator<R, undefined> {
  readonly #source: AnyIterable<T>;
  readonly #limit: number;
  readonly #map: (item: T, context: OperationContext) => R | PromiseLike<R>;
  readonly #ordered: boolean;
  readonly #signal: AbortSignal | undefined;
  readonly #runtime: Runtime;
  /** Items in hand, in the order in which their results are to be given. */
  readonly #slots = new Deque<Slot<R>>();
  readonly #readers = new Deque<Reader<R>>();
  #started: { readonly cohort: Cohort; readonly pull: Pull<T> } | undefined = undefined;
  #inHand = 0;
  #calls = 0;
  #isPulling = false;
  #isExhausted = false;
  #isEnded = false;
  /** Why it ended, until somebody was told. */
  #failure: { readonly error: unknown } | undefined = undefined;
  readonly #goodbye = new CancelledError("the mapping");

  constructor(
    source: AnyIterable<T>,
    limit: number,
    map: (item: T, context: OperationContext) => R | PromiseLike<R>,
    ordered: boolean,
    signal: AbortSignal | undefined,
    runtime: Runtime,
  ) {
    this.#source = source;
    this.#limit = limit;
    this.#map = map;
    this.#ordered = ordered;
    this.#signal = signal;
    this.#runtime = runtime;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<R, undefined>> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ resolve, reject });
      this.#advance();
    });
  }

  return(): Promise<IteratorResult<R, undefined>> {
    if (this.#started === undefined) this.#isEnded = true;
    else this.#started.cohort.stop(this.#goodbye);
    return this.next();
  }

  #start(): { readonly cohort: Cohort; readonly pull: Pull<T> } {
    this.#signal?.throwIfAborted();
    const pull = pullFrom(this.#source); // may throw, and a cohort is to be ended
    const cohort = new Cohort(this.#signal);
    cohort.onStop = () => {
      this.#advance();
    };
    return { cohort, pull };
  }

  /** Gives what is ready, and begins what may begin. */
  #advance(): void {
    if (!this.#isEnded) {
      try {
        this.#started ??= this.#start();
      } catch (error) {
        this.#isEnded = true;
        this.#failure = { error };
      }
    }
    const { cohort, pull } = this.#started ?? {};
    if (!this.#isEnded && cohort !== undefined && pull !== undefined) {
      if (!cohort.isStopped) {
        this.#deliver();
        this.#fill(cohort, pull);
        this.#deliver();
      }
      if (cohort.isStopped) {
        if (this.#calls === 0 && !(this.#isPulling && pull.isCancelSafe)) this.#close(cohort, pull);
      } else if (this.#isExhausted && this.#inHand === 0) this.#close(cohort, pull);
    }
    if (this.#isEnded) this.#dismiss();
  }

  #deliver(): void {
    while (this.#readers.length > 0) {
      const result = this.#slots.peek()?.result;
      if (result === undefined) return;
      this.#slots.shift();
      this.#inHand -= 1;
      const reader = this.#readers.shift();
      this.#wake(() => reader?.resolve({ done: false, value: result.value }));
    }
  }

  #fill(cohort: Cohort, pull: Pull<T>): void {
    while (this.#inHand < this.#limit && !this.#isPulling && !this.#isExhausted && !cohort.isStopped) {
      try {
        const next = pull.next(cohort);
        if (next instanceof Promise) this.#await(cohort, next);
        else this.#pulled(cohort, next);
      } catch (error) {
        cohort.failed(error);
      }
    }
  }

  #await(cohort: Cohort, next: Promise<IteratorResult<T, unknown>>): void {
    this.#isPulling = true;
    next.then(
      (result) => {
        this.#isPulling = false;
        // What was taken is handed on even after a stop, or it would be lost.
        if (!this.#isEnded) this.#pulled(cohort, result);
        this.#advance();
      },
      (error: unknown) => {
        this.#isPulling = false;
        cohort.failed(error);
        this.#advance();
      },
    );
  }

  #pulled(cohort: Cohort, next: IteratorResult<T, unknown>): void {
    if (next.done === true) this.#isExhausted = true;
    else void this.#call(cohort, next.value);
  }

  async #call(cohort: Cohort, item: T): Promise<void> {
    const slot: Slot<R> = { result: undefined };
    if (this.#ordered) this.#slots.push(slot);
    this.#inHand += 1;
    this.#calls += 1;
    try {
      slot.result = { value: await this.#map(item, cohort) };
      if (!this.#ordered) this.#slots.push(slot);
      this.#calls -= 1;
      this.#advance();
    } catch (error) {
      this.#calls -= 1;
      cohort.failed(error);
      this.#advance();
    }
  }

  #close(cohort: Cohort, pull: Pull<T>): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    pull.close();
    this.#slots.clear();
    try {
      cohort.end();
    } catch (error) {
      if (error !== this.#goodbye) this.#failure = { error };
    }
  }

  #dismiss(): void {
    for (let reader = this.#readers.shift(); reader !== undefined; reader = this.#readers.shift()) {
      const { resolve, reject } = reader;
      const failure = this.#failure;
      this.#failure = undefined;
      this.#wake(() => {
        if (failure === undefined) resolve(ended);
        else reject(failure.error);
      });
    }
  }

  #wake(settle: () => void): void {
    this.#runtime.wake({ label: "mapConcurrent", settle });
  }
}
