import { DISABLED, PENDING, type Source, type Waiter, WaiterNode } from "../core/selectable.js";
import { isStarted, type StartedSource } from "./branch-waiter.js";
import { DONE } from "../core/done.js";
import { sourceOf } from "./select-source.js";

/**
 * The steps of an iterator as a source that tells of the end instead of being disabled there.
 *
 * @internal
 */
export class Steps<T> implements StartedSource<IteratorResult<T, undefined>> {
  readonly iterator: AsyncIterator<T>;
  /** Whether it has told of its end, or of a failure. */
  isOver = false;
  private readonly source: Source<T>;

  constructor(iterable: AsyncIterable<T>) {
    this.iterator = iterable[Symbol.asyncIterator]();
    this.source = sourceOf(this.iterator, "iterator") as Source<T>;
  }

  start(): boolean {
    return isStarted(this.source) && this.source.start();
  }

  poll(): IteratorResult<T, undefined> | typeof PENDING {
    try {
      const value = this.source.poll();
      if (value === PENDING) return PENDING;
      if (value !== DISABLED) return { done: false, value };
    } catch (error) {
      this.isOver = true;
      throw error;
    }
    this.isOver = true;
    return DONE;
  }

  arm(waiter: Waiter<IteratorResult<T, undefined>>): void {
    const relay = new Relay(this, this.source, waiter);
    waiter.payload = relay;
    this.source.arm(relay);
  }

  disarm(waiter: Waiter<IteratorResult<T, undefined>>): void {
    this.source.disarm(waiter.payload as Relay<T>);
  }
}

class Relay<T> extends WaiterNode implements Waiter<T> {
  private readonly steps: Steps<T>;
  private readonly waiter: Waiter<IteratorResult<T, undefined>>;

  constructor(steps: Steps<T>, source: Source<T>, waiter: Waiter<IteratorResult<T, undefined>>) {
    super(source);
    this.steps = steps;
    this.waiter = waiter;
  }

  commit(value: T): void {
    this.waiter.commit({ done: false, value });
  }

  fail(error: unknown): void {
    this.steps.isOver = true;
    this.waiter.fail(error);
  }

  disable(): void {
    this.steps.isOver = true;
    this.waiter.commit(DONE);
  }
}

/** Tells iterators that no more is wanted of them, all at once; rejects with the first failure. */
export async function leaveAll(iterators: Iterable<AsyncIterator<unknown>>): Promise<void> {
  await Promise.all([...iterators].map(async (iterator) => await iterator.return?.()));
}
