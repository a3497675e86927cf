import { currentRuntime } from "../core/ambient.js";
import { DISABLED, PENDING, type Selectable, type Source } from "../core/selectable.js";
import type { Runtime } from "../core/runtime.js";
import { Iteration } from "./iteration.js";
import { channel, type Receiver } from "./mpsc.js";
import type { Sender } from "./mpsc-sender.js";
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
  const [tx, rx] = channel<T>(capacity, { runtime, name: "fromAsyncIterable" });
  return new PumpedFeed(iterable[Symbol.asyncIterator](), tx, rx, runtime);
}

class PumpedFeed<T> extends QueuedSource<T> implements Feed<T> {
  readonly "~source": Source<T> = this;
  private readonly rx: Receiver<T>;
  private readonly runtime: Runtime;
  private readonly iterator: AsyncIterator<T>;
  private failure: { readonly error: unknown } | undefined = undefined;
  private ended = false;

  constructor(iterator: AsyncIterator<T>, tx: Sender<T>, rx: Receiver<T>, runtime: Runtime) {
    super((rx["~source"] as QueuedSource<T>).queue);
    this.rx = rx;
    this.runtime = runtime;
    this.iterator = iterator;
    void this.pump(tx);
  }

  get length(): number {
    return this.rx.length;
  }

  poll(): T | typeof PENDING | typeof DISABLED {
    const value = this.rx["~source"].poll();
    if (value !== DISABLED || this.failure === undefined) return value;
    const { error } = this.failure;
    this.failure = undefined;
    throw error;
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return new Iteration(this.runtime, "feed.next", this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.rx[Symbol.dispose]();
    if (!this.ended) await this.iterator.return?.();
  }

  private async pump(tx: Sender<T>): Promise<void> {
    try {
      for (;;) {
        const permit = await tx.reserve();
        const result = await this.iterator.next();
        if (result.done === true) {
          permit.release();
          break;
        }
        permit.send(result.value);
      }
    } catch (error) {
      if (!tx.isClosed) this.failure = { error };
    }
    this.ended = true;
    tx.close();
  }
}
