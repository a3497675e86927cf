import { isCancelSafe } from "../core/cancel-safe-iterator.js";
import { shown } from "../core/check.js";
import type { OperationContext } from "../core/operation.js";

/** Whatever can be iterated, at once or bit by bit. */
export type AnyIterable<T> = Iterable<T> | AsyncIterable<T>;

/**
 * The one side from which a source is iterated, of whatever kind.
 *
 * @internal
 */
export interface Pull<T> {
  /** Whether results come in promises. */
  readonly isAsync: boolean;
  /** Whether a `next()` under way ends soon after the abort: without an item, or with the one that it had taken. */
  readonly isCancelSafe: boolean;
  /** The next result: at once from a sync source, so that it costs no microtask. */
  next(context: OperationContext): IteratorResult<T, unknown> | Promise<IteratorResult<T, unknown>>;
  /** Tells a source that has more that no more is wanted; its answer is ignored, since something else went wrong. */
  close(): void;
}

/**
 * Refuses everything but what can be iterated.
 *
 * @internal
 */
export function checkSource(source: unknown): void {
  const { [Symbol.asyncIterator]: late, [Symbol.iterator]: early } = Object(source) as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  if (typeof late === "function" || typeof early === "function") return;
  throw new TypeError(`Expected \`source\` to be iterable, got ${shown(source)}`);
}

/** @internal */
export function pullFrom<T>(source: AnyIterable<T>): Pull<T> {
  return isAsync(source) ? new AsyncPull(source[Symbol.asyncIterator]()) : new SyncPull(source[Symbol.iterator]());
}

/** Strings are iterable, too, and are no objects. */
function isAsync<T>(source: AnyIterable<T>): source is AsyncIterable<T> {
  return typeof source === "object" && Symbol.asyncIterator in source;
}

class SyncPull<T> implements Pull<T> {
  readonly isAsync = false;
  readonly isCancelSafe = true;
  readonly #iterator: Iterator<T, unknown>;
  #isOver = false;

  constructor(iterator: Iterator<T, unknown>) {
    this.#iterator = iterator;
  }

  next(): IteratorResult<T, unknown> {
    let isOver = true;
    try {
      const next = this.#iterator.next();
      isOver = next.done === true;
      return next;
    } finally {
      this.#isOver = isOver;
    }
  }

  close(): void {
    if (this.#isOver) return;
    try {
      this.#iterator.return?.();
    } catch {
      // As in a `for` loop that throws, the first failure counts.
    }
  }
}

/** Async iterators are asked for one value at a time, since few can be asked for more. */
class AsyncPull<T> implements Pull<T> {
  readonly isAsync = true;
  readonly isCancelSafe: boolean;
  readonly #iterator: AsyncIterator<T, unknown>;
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(iterator: AsyncIterator<T, unknown>) {
    this.#iterator = iterator;
    this.isCancelSafe = isCancelSafe(iterator);
  }

  next(context: OperationContext): Promise<IteratorResult<T, unknown>> {
    const next = this.#last.then(() => this.#ask(context));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #ask({ signal }: OperationContext): Promise<IteratorResult<T, unknown>> {
    signal.throwIfAborted(); // it may have waited for its turn until after the stop
    const iterator = this.#iterator;
    try {
      const next = await (isCancelSafe(iterator) ? iterator["~next"]({ signal }) : iterator.next());
      this.#isOver = next.done === true;
      return next;
    } catch (error) {
      this.#isOver = !(this.isCancelSafe && signal.aborted);
      throw error;
    }
  }

  close(): void {
    if (!this.#isOver) this.#tellReturn().catch(() => undefined);
  }

  /** In an async function, since what others write may throw at once, or return no promise. */
  async #tellReturn(): Promise<void> {
    await this.#iterator.return?.();
  }
}
