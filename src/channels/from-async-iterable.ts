import { currentRuntime } from "../core/ambient.js";
import { checkAsyncIterable } from "../core/check-type.js";
import { checkInteger } from "../core/check.js";
import { DISABLED, type PENDING, type Selectable, type Source } from "../core/selectable.js";
import type { Runtime } from "../core/runtime.js";
import { Iteration } from "./iteration.js";
import type { Permit } from "./mpsc-permit.js";
import { BoundedSender } from "./mpsc-sender.js";
import { Values } from "./mpsc-sources.js";
import { MpscState } from "./mpsc-state.js";
import { QueuedSource } from "./wait-queue.js";

/** How {@link fromAsyncIterable} reads. */
export interface FromAsyncIterableOptions {
  /** How many items are read ahead of the consumer. @defaultValue `1` */
  readonly capacity?: number | undefined;
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * The items of an async iterable, read ahead: a branch of `select` that loses none, and itself an async iterable.
 *
 * @remarks Disposing leaves the iterable and waits until it has cleaned up.
 */
export interface Feed<T> extends Selectable<T>, AsyncIterable<T>, AsyncDisposable {
  /** Items that are read and not yet taken. */
  readonly length: number;
}

/**
 * Reads an async iterable ahead, up to `capacity` items, and no further.
 *
 * @remarks A failure of the iterable is thrown after the items that came before it.
 * @throws RangeError when `capacity` is not a positive integer.
 *
 * @example
 * ```ts
 * import { fromAsyncIterable, select } from "keelson/channels";
 *
 * async function* lines() {
 *   yield "first";
 *   yield "second";
 * }
 * await using feed = fromAsyncIterable(lines(), { capacity: 4 });
 * await select({ line: feed }) // => { key: "line", value: "first" }
 * for await (const line of feed) line // => "second"
 * ```
 */
export function fromAsyncIterable<T>(
  iterable: AsyncIterable<T>,
  { capacity = 1, runtime = currentRuntime() }: FromAsyncIterableOptions = {},
): Feed<T> {
  checkAsyncIterable("iterable", iterable);
  checkInteger("capacity", capacity, 1);
  const options = { runtime, name: "fromAsyncIterable", onDiscard: undefined };
  const feed = new PumpedFeed(iterable[Symbol.asyncIterator](), new MpscState<T>(capacity, options));
  void feed.pump();
  return feed;
}

class PumpedFeed<T> extends QueuedSource<T> implements Feed<T> {
  readonly "~source": Source<T> = this;
  private readonly state: MpscState<T>;
  private readonly values: Values<T>;
  private readonly iterator: AsyncIterator<T>;
  private failure: { readonly error: unknown } | undefined = undefined;
  private ended = false;

  constructor(iterator: AsyncIterator<T>, state: MpscState<T>) {
    super(state.receivers);
    this.state = state;
    this.values = new Values(state);
    this.iterator = iterator;
  }

  get length(): number {
    return this.state.buffer.length;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    const value = this.values.poll();
    if (value !== DISABLED || this.failure === undefined) return value;
    const { error } = this.failure;
    this.failure = undefined;
    throw error;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return new Iteration(this.state.runtime, "feed.next", this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.state.dispose();
    if (!this.ended) await this.iterator.return?.();
  }

  /** Reads until the end, a failure, or until nobody wants more. */
  async pump(): Promise<void> {
    const tx = new BoundedSender(this.state);
    try {
      while (await this.readInto(await tx.reserve()));
    } catch (error) {
      if (!tx.isClosed) this.failure = { error };
    }
    this.ended = true;
    tx.close();
  }

  private async readInto(permit: Permit<T>): Promise<boolean> {
    try {
      const result = await this.iterator.next();
      if (result.done !== true) permit.send(result.value);
      return result.done !== true;
    } finally {
      permit.release();
    }
  }
}
