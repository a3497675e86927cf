import { currentRuntime } from "../core/ambient.js";
import type { CancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { checkInteger } from "../core/check.js";
import { checkAsyncIterable } from "../core/check-type.js";
import { type Duration, toMs } from "../core/duration.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import { timer } from "../time/index.js";
import { Selection } from "./selection.js";
import { DONE } from "../core/done.js";
import { Steps } from "./steps.js";
import type { StreamOptions } from "./throttle.js";

/**
 * Iterates over `source` in arrays of `max` items, or of fewer once `duration` has passed since the first of them.
 *
 * @remarks
 * No array is empty; the last may be short. A failure of the source is thrown after the items that came before it.
 * **Cancel safety.** Leaving the loop leaves the source; from a receiver nothing is taken that was not given.
 * @throws RangeError when `max` is not a positive integer; TypeError when `duration` is none.
 *
 * @example
 * ```ts
 * import { chunksTimeout, mpsc } from "keelson/channels";
 * import { virtualTime } from "keelson/testing";
 *
 * using time = virtualTime({ autoAdvance: true });
 * const [tx, rx] = mpsc.unbounded<number>();
 * for (const n of [1, 2, 3]) tx.send(n);
 * const chunks: number[][] = [];
 * for await (const chunk of chunksTimeout(rx, 2, "1s")) {
 *   chunks.push(chunk);
 *   if (chunks.length === 2) tx.close();
 * }
 * chunks // => [[1, 2], [3]]
 * time.runtime.now() // => 1000
 * ```
 */
export function chunksTimeout<T>(
  source: AsyncIterable<T>,
  max: number,
  duration: Duration,
  { runtime = currentRuntime() }: StreamOptions = {},
): AsyncIterable<T[]> {
  checkAsyncIterable("source", source);
  checkInteger("max", max, 1);
  const ms = toMs(duration);
  return { [Symbol.asyncIterator]: () => new Chunked(source, max, ms, runtime) };
}

type Step<T> = IteratorResult<T, undefined> | "late";

class Chunked<T> implements CancelSafeIterator<T[], undefined> {
  private readonly steps: Steps<T>;
  private readonly max: number;
  private readonly ms: number;
  private readonly deadline: ReturnType<typeof timer>;
  private readonly first: Selection<Step<T>>;
  private readonly others: Selection<Step<T>>;
  private last: Promise<unknown> = Promise.resolve();
  private failure: { readonly error: unknown } | undefined = undefined;
  private isOver = false;

  constructor(source: AsyncIterable<T>, max: number, ms: number, runtime: Runtime) {
    this.steps = new Steps(source);
    this.max = max;
    this.ms = ms;
    this.deadline = timer(ms, { runtime });
    const toStep = (name: unknown, value: unknown): Step<T> =>
      name === "late" ? "late" : (value as IteratorResult<T, undefined>);
    this.first = new Selection(runtime, toStep, undefined, false);
    this.first.add("item", this.steps);
    this.others = new Selection(runtime, toStep, undefined, false);
    this.others.add("item", this.steps);
    this.others.add("late", this.deadline["~source"]);
  }

  next(): Promise<IteratorResult<T[], undefined>> {
    return this["~next"]();
  }

  /** An abort gives the chunk that is begun. */
  "~next"(options?: WaitOptions): Promise<IteratorResult<T[], undefined>> {
    const next = this.last.then(() => this.chunk(options));
    this.last = next.catch(() => undefined);
    return next;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.isOver = true;
    this.first.give(DONE);
    this.others.give(DONE);
    await this.steps.iterator.return?.();
    return DONE;
  }

  private async chunk(options?: WaitOptions): Promise<IteratorResult<T[], undefined>> {
    const chunk: T[] = [];
    try {
      while (!this.isOver && this.failure === undefined && chunk.length < this.max) {
        const step = await (chunk.length === 0 ? this.first : this.others).next(options);
        if (step === "late") break;
        if (step.done === true) this.isOver = true;
        else if (chunk.push(step.value) === 1) this.deadline.reset(this.ms);
      }
    } catch (error) {
      this.failure = { error };
    }
    if (chunk.length > 0) return { done: false, value: chunk };
    if (this.failure === undefined) return DONE;
    const { error } = this.failure;
    this.failure = undefined;
    this.isOver = true;
    throw error;
  }
}
