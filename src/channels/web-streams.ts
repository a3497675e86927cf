import { checkMethod } from "../core/check.js";
import { checkAsyncIterable } from "../core/check-type.js";
import { DONE } from "../core/done.js";
import type { Sender } from "./mpsc-sender.js";

/**
 * An async iterable as a web stream, read only when the stream is; cancelling the stream leaves the iterable, and a
 * failure of the iterable is the stream's.
 *
 * @example
 * ```ts
 * import { fromReadableStream, mpsc, toReadableStream } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.unbounded<string>();
 * tx.send("a");
 * tx.close();
 * const seen: string[] = [];
 * for await (const chunk of fromReadableStream(toReadableStream(rx))) seen.push(chunk);
 * seen // => ["a"]
 * ```
 */
export function toReadableStream<T>(source: AsyncIterable<T>): ReadableStream<T> {
  checkAsyncIterable("source", source);
  const iterator = source[Symbol.asyncIterator]();
  return new ReadableStream<T>(
    {
      async pull(controller) {
        const result = await iterator.next();
        if (result.done === true) controller.close();
        else controller.enqueue(result.value);
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 }, // nothing is taken before somebody reads
  );
}

/**
 * The chunks of a web stream.
 *
 * @remarks
 * A failure of the stream is thrown on.
 * **Cancel safety.** Leaving the loop cancels the stream: what it holds is gone.
 * @example
 * ```ts
 * import { fromReadableStream } from "keelson/channels";
 *
 * const stream = new ReadableStream<string>({
 *   start(controller) {
 *     controller.enqueue("hello");
 *     controller.close();
 *   },
 * });
 * const chunks: string[] = [];
 * for await (const chunk of fromReadableStream(stream)) chunks.push(chunk);
 * chunks // => ["hello"]
 * ```
 */
export function fromReadableStream<T>(stream: ReadableStream<T>): AsyncIterable<T> {
  checkMethod("stream", stream, "getReader");
  return {
    [Symbol.asyncIterator]: () => {
      const reader = stream.getReader();
      let isOver = false;
      const end = (): IteratorReturnResult<undefined> => {
        isOver = true; // without its lock, a reader rejects everything
        reader.releaseLock();
        return DONE;
      };
      return {
        next: async () => {
          if (isOver) return DONE;
          try {
            const result = await reader.read();
            if (!result.done) return { done: false, value: result.value };
          } catch (error) {
            end();
            throw error;
          }
          return end();
        },
        return: async () => {
          if (isOver) return DONE;
          try {
            await reader.cancel();
          } finally {
            end();
          }
          return DONE;
        },
      };
    },
  };
}

/**
 * A sender as a web stream: a chunk is written once it is in the channel, and closing the stream closes the sender.
 *
 * @remarks Aborting the stream gives up on a chunk that waits for a slot, and closes the sender.
 *
 * @example
 * ```ts
 * import { mpsc, toWritable } from "keelson/channels";
 *
 * const [tx, rx] = mpsc.channel<number>(1);
 * const writer = toWritable(tx).getWriter();
 * await writer.write(1);
 * await rx.recv() // => { ok: true, value: 1 }
 * await writer.close();
 * await rx.recv() // => { ok: false, reason: "closed" }
 * ```
 */
export function toWritable<T>(tx: Sender<T>): WritableStream<T> {
  checkMethod("tx", tx, "send");
  // It must hold one chunk: pipes wait until there is room for one before they write any.
  return new WritableStream<T>({
    // Node's types leave the controller's signal out.
    write: (chunk, controller: { readonly error: unknown; readonly signal?: AbortSignal }) =>
      tx.send(chunk, { signal: controller.signal }),
    close: () => {
      tx.close();
    },
    abort: () => {
      tx.close();
    },
  });
}
