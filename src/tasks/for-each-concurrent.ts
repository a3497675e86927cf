import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger } from "../core/check.js";
import { deferred } from "../core/deferred.js";
import type { OperationContext } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { Cohort } from "./cohort.js";
import { type AnyIterable, type Pull, checkSource, pullFrom } from "./pull.js";

/** What else ends calls that run together. */
export interface ConcurrentOptions {
  /** Cancels the calls and rejects with its reason once they have ended. */
  readonly signal?: AbortSignal | undefined;
  /** Where the calls yield. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** After this many items a loop lets the event loop turn: measured, it costs nothing. */
const itemsPerTurn = 256;

/**
 * Calls `use` with each item of `source`, at most `limit` calls at a time.
 *
 * @remarks
 * Items are pulled only when a call can start, so a slow consumer holds back its source. The first failure aborts the
 * context's signal, pulls nothing any more and closes the source; the promise settles once the calls that run have
 * ended. One failure rejects with it unchanged, several with an `AggregateError`; cancellations don't count.
 * **Cancel safety.** Nothing is taken after an abort or a failure, and each item that was taken before is given to
 * `use`, if need be with a signal that has aborted: so for arrays, generators, channels and whatever else of keelson is
 * iterated. Other async iterators can't be asked to give up, and what they answer too late is dropped;
 * `fromAsyncIterable` of `keelson/channels` makes of one a source that keeps it.
 * @throws Whatever `use` or the source throws; the signal's reason, unchanged; RangeError when `limit` is neither an
 * integer of at least 1 nor `Infinity`.
 *
 * @example
 * ```ts
 * import { forEachConcurrent } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * let running = 0;
 * let most = 0;
 * await forEachConcurrent([1, 2, 3, 4, 5], 2, async () => {
 *   most = Math.max(most, ++running);
 *   await sleep(1);
 *   running -= 1;
 * });
 * most // => 2
 * ```
 */
export async function forEachConcurrent<T>(
  source: AnyIterable<T>,
  limit: number,
  use: (item: T, context: OperationContext) => unknown,
  { signal, runtime = currentRuntime() }: ConcurrentOptions = {},
): Promise<void> {
  checkSource(source);
  checkLimit(limit);
  checkFunction("use", use);
  signal?.throwIfAborted();
  await new Loop(pullFrom(source), use, new Cohort(signal), runtime).run(limit);
}

/** Workers that share one source. */
class Loop<T> {
  readonly #pull: Pull<T>;
  readonly #use: (item: T, context: OperationContext) => unknown;
  readonly #cohort: Cohort;
  readonly #runtime: Runtime;
  readonly #finished = deferred<undefined>();
  #isExhausted = false;
  #isFinished = false;
  #limit = 1;
  #workers = 0;
  #calls = 0;
  #items = 0;

  constructor(pull: Pull<T>, use: (item: T, context: OperationContext) => unknown, cohort: Cohort, runtime: Runtime) {
    this.#pull = pull;
    this.#use = use;
    this.#cohort = cohort;
    this.#runtime = runtime;
  }

  async run(limit: number): Promise<void> {
    this.#cohort.onStop = () => {
      this.#check();
    };
    this.#limit = limit;
    do void this.#work();
    while (!this.#pull.isAsync && this.#mayGrow());
    await this.#finished.promise;
    this.#pull.close();
    this.#cohort.end();
  }

  async #work(): Promise<void> {
    this.#workers += 1;
    try {
      while (this.#goesOn()) {
        const pulled = this.#pull.next(this.#cohort);
        const next = pulled instanceof Promise ? await pulled : pulled;
        if (next.done === true) {
          this.#isExhausted = true;
          break;
        }
        // What was taken is handed on even after a stop, or it would be lost.
        if (this.#isFinished) break;
        // An async source is asked for one item at a time, so that a worker is added with each until all are there.
        if (this.#pull.isAsync && this.#mayGrow()) void this.#work();
        await this.#call(next.value);
      }
    } catch (error) {
      this.#cohort.failed(error);
    }
    this.#workers -= 1;
    this.#check();
  }

  async #call(item: T): Promise<void> {
    this.#calls += 1;
    try {
      await this.#use(item, this.#cohort);
    } finally {
      this.#calls -= 1;
    }
    this.#items += 1;
    if (this.#items % itemsPerTurn === 0) await this.#runtime.yieldNow();
  }

  #mayGrow(): boolean {
    return this.#workers < this.#limit && this.#goesOn();
  }

  #goesOn(): boolean {
    return !this.#isExhausted && !this.#cohort.isStopped;
  }

  /** A worker that waits for a source that may never answer is not waited for once all is stopped. */
  #check(): void {
    const isAbandoned = this.#cohort.isStopped && this.#calls === 0 && !this.#pull.isCancelSafe;
    if (this.#workers > 0 && !isAbandoned) return;
    this.#isFinished = true;
    this.#finished.resolve(undefined);
  }
}

/** @internal */
export function checkLimit(limit: number): void {
  if (limit !== Number.POSITIVE_INFINITY) checkInteger("limit", limit, 1);
}
