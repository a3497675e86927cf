import { currentRuntime } from "../core/ambient.js";
import { checkAsyncIterable } from "../core/check-type.js";
import type { CancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { type Duration, toMs } from "../core/duration.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import { DONE } from "../core/done.js";
import { Selection } from "./selection.js";
import { Steps } from "./steps.js";

/** Where the time of a stream comes from. */
export interface StreamOptions {
  /** Clock and timers. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Iterates over `source`, giving an item no sooner than `period` after the one before it; none is dropped.
 *
 * @remarks **Cancel safety.** Leaving the loop, also while it waits, leaves the source, of which nothing was taken ahead.
 * @throws TypeError when `period` is no duration.
 *
 * @example
 * ```ts
 * import { mpsc, throttle } from "keelson/channels";
 * import { virtualTime } from "keelson/testing";
 *
 * using time = virtualTime({ autoAdvance: true });
 * const [tx, rx] = mpsc.unbounded<string>();
 * for (const word of ["a", "b", "c"]) tx.send(word);
 * tx.close();
 * const seen: [string, number][] = [];
 * for await (const word of throttle(rx, "10s")) seen.push([word, time.runtime.now()]);
 * seen // => [["a", 0], ["b", 10_000], ["c", 20_000]]
 * ```
 */
export function throttle<T>(
  source: AsyncIterable<T>,
  period: Duration,
  { runtime = currentRuntime() }: StreamOptions = {},
): AsyncIterable<T> {
  checkAsyncIterable("source", source);
  const ms = toMs(period, "period");
  return { [Symbol.asyncIterator]: () => new Throttled(source, ms, runtime) };
}

class Throttled<T> implements CancelSafeIterator<T, undefined> {
  private readonly steps: Steps<T>;
  private readonly selection: Selection<IteratorResult<T, undefined>>;
  private readonly ms: number;
  private readonly runtime: Runtime;
  private readonly left = new AbortController();
  private last: Promise<unknown> = Promise.resolve();
  private earliest = Number.NEGATIVE_INFINITY;

  constructor(source: AsyncIterable<T>, ms: number, runtime: Runtime) {
    this.steps = new Steps(source);
    this.selection = new Selection(runtime, (_, step) => step as IteratorResult<T, undefined>, undefined, false);
    this.selection.add("item", this.steps);
    this.ms = ms;
    this.runtime = runtime;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return this["~next"]();
  }

  "~next"(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    const next = this.last.then(() => this.step(options));
    this.last = next.catch(() => undefined);
    return next;
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.left.abort();
    this.selection.give(DONE);
    await this.steps.iterator.return?.();
    return DONE;
  }

  private async step(options?: WaitOptions): Promise<IteratorResult<T, undefined>> {
    using either = new LinkedSignal(this.left.signal, options?.signal);
    const { signal } = either;
    const wait = this.earliest - this.runtime.now();
    if (wait > 0) await this.runtime.sleep(wait, { signal }).catch(() => undefined);
    if (this.left.signal.aborted) return DONE;
    const result = await this.selection.next(options);
    this.earliest = this.runtime.now() + this.ms;
    return result;
  }
}
