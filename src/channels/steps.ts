import { DISABLED, PENDING, type Source, type Waiter, WaiterNode } from "../core/selectable.js";
import { isStarted, type StartedSource } from "./branch-waiter.js";
import { DONE } from "./done.js";
import { sourceOf } from "./select-source.js";

/**
 * The steps of an iterator as a source that tells of the end instead of being disabled there.
 *
 * @internal
 */
export class Steps<T> implements StartedSource<IteratorResult<T, undefined>> {
  readonly iterator: AsyncIterator<T>;
  private readonly source: Source<T>;

  constructor(iterable: AsyncIterable<T>) {
    this.iterator = iterable[Symbol.asyncIterator]();
    this.source = sourceOf(this.iterator, "iterator") as Source<T>;
  }

  start(): void {
    if (isStarted(this.source)) this.source.start();
  }

  poll(): IteratorResult<T, undefined> | typeof PENDING {
    const value = this.source.poll();
    if (value === PENDING) return PENDING;
    return value === DISABLED ? DONE : { done: false, value };
  }

  arm(waiter: Waiter<IteratorResult<T, undefined>>): void {
    const relay = new Relay(this.source, waiter);
    waiter.payload = relay;
    this.source.arm(relay);
  }

  disarm(waiter: Waiter<IteratorResult<T, undefined>>): void {
    this.source.disarm(waiter.payload as Relay<T>);
  }
}

class Relay<T> extends WaiterNode implements Waiter<T> {
  private readonly waiter: Waiter<IteratorResult<T, undefined>>;

  constructor(source: Source<T>, waiter: Waiter<IteratorResult<T, undefined>>) {
    super(source);
    this.waiter = waiter;
  }

  commit(value: T): void {
    this.waiter.commit({ done: false, value });
  }

  fail(error: unknown): void {
    this.waiter.fail(error);
  }

  disable(): void {
    this.waiter.commit(DONE);
  }
}

/** Tells iterators that no more is wanted of them, all at once; rejects with the first failure. */
export async function leaveAll(iterators: Iterable<AsyncIterator<unknown>>): Promise<void> {
  await Promise.all([...iterators].map(async (iterator) => await iterator.return?.()));
}
