import {
  chunksTimeout,
  fromAsyncIterable,
  fromReadableStream,
  merge,
  mpsc,
  select,
  toReadableStream,
  toWritable,
} from "keelson/channels";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("fromAsyncIterable", () => {
  test("reads ahead up to its capacity and ends", async () => {
    let asked = 0;
    async function* count(): AsyncGenerator<number> {
      for (; asked < 5;) {
        await turn();
        yield (asked += 1);
      }
    }
    const feed = fromAsyncIterable(count(), { capacity: 2 });
    for (let n = 0; n < 10; n += 1) await turn();
    expect([asked, feed.length]).toEqual([2, 2]);
    const seen: number[] = [];
    for await (const n of feed) seen.push(n);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    expect(() => fromAsyncIterable(count(), { capacity: 0 })).toThrow(RangeError);
    expect(() => fromAsyncIterable(5 as never)).toThrow("Expected `iterable` to be an async iterable, got `5`");
  });

  test("throws a failure after the items before it, to whoever waits", async () => {
    async function* torn(): AsyncGenerator<number> {
      yield 1;
      await turn();
      throw new Error("torn");
    }
    const feed = fromAsyncIterable(torn());
    expect(await select({ feed })).toEqual({ key: "feed", value: 1 });
    expect(await outcome(select({ feed }))).toMatchObject({ message: "torn" });
    expect(await outcome(select({ feed }))).toMatchObject({ code: "ALL_BRANCHES_DISABLED" });
  });

  test("disposing leaves the iterable", async () => {
    let left = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let n = 0; ; n += 1) {
          await turn();
          yield n;
        }
      } finally {
        left = true;
      }
    }
    {
      await using feed = fromAsyncIterable(endless());
      await select({ feed });
    }
    expect(left).toBe(true);
  });
});

describe("web streams", () => {
  test("a receiver as a stream is read on demand and left when cancelled", async () => {
    const [tx, rx] = mpsc.unbounded<number>();
    for (const n of [1, 2, 3]) tx.send(n);
    const reader = toReadableStream(rx).getReader();
    await turn();
    expect(rx.length).toBe(3);
    expect(await reader.read()).toEqual({ done: false, value: 1 });
    const pending = reader.read();
    await pending;
    await reader.cancel();
    expect(rx.length).toBe(1);
    tx.close();
    const seen: number[] = [];
    for await (const n of fromReadableStream(toReadableStream(rx))) seen.push(n);
    expect(seen).toEqual([3]);
    expect(() => toReadableStream([1] as never)).toThrow("Expected `source` to be an async iterable, got an array");
    expect(() => fromReadableStream(undefined as never)).toThrow("Expected `stream` to be an object, got `undefined`");
    expect(() => toWritable(undefined as never)).toThrow("Expected `tx` to be an object, got `undefined`");
  });

  test("leaving the loop over a stream cancels it", async () => {
    let cancelled = false;
    const stream = new ReadableStream<number>({
      pull: (controller) => {
        controller.enqueue(1);
      },
      cancel: () => {
        cancelled = true;
      },
    });
    for await (const n of fromReadableStream(stream)) if (n === 1) break;
    expect([cancelled, stream.locked]).toEqual([true, false]);
  });

  test("a stream that fails, or whose cancel does, is let go", async () => {
    const lost = new Error("the connection was lost");
    const failing = new ReadableStream<number>({ pull: () => Promise.reject(lost) });
    const items = fromReadableStream(failing)[Symbol.asyncIterator]();
    await expect(items.next()).rejects.toBe(lost);
    expect([failing.locked, await items.next()]).toEqual([false, { done: true, value: undefined }]);
    const stuck = new ReadableStream<number>({ cancel: () => Promise.reject(lost) });
    const left = fromReadableStream(stuck)[Symbol.asyncIterator]();
    await expect(left.return?.()).rejects.toBe(lost);
    expect(stuck.locked).toBe(false);
  });

  test("a stream that has ended can be left, and asked again", async () => {
    const ended = (): AsyncIterable<number> =>
      fromReadableStream(
        new ReadableStream<number>({
          start: (controller) => {
            controller.enqueue(1);
            controller.close();
          },
        }),
      );
    for await (const chunk of chunksTimeout(ended(), 5, "1h")) if (chunk.length === 1) break;
    const [tx, rx] = mpsc.unbounded<number>();
    const merged = merge(ended(), rx);
    await merged.next();
    const second = merged.next();
    await turn();
    tx.send(2);
    expect([await second, await merged.return?.()]).toEqual([
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
    const chunks = ended()[Symbol.asyncIterator]();
    const steps = [await chunks.next(), await chunks.next(), await chunks.next(), await chunks.return?.()];
    expect(steps.map((step) => step?.done)).toEqual([false, true, true, true]);
  });

  test("a stream is piped through a channel into a stream", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const source = new ReadableStream<number>({
      start: (controller) => {
        for (const n of [1, 2, 3]) controller.enqueue(n);
        controller.close();
      },
    });
    const seen: number[] = [];
    const sink = new WritableStream<number>({ write: (n) => void seen.push(n) });
    await Promise.all([source.pipeTo(toWritable(tx)), toReadableStream(rx).pipeTo(sink)]);
    expect(seen).toEqual([1, 2, 3]);
  });

  test("a sender as a stream waits for slots, closes with it, gives up with it", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const writer = toWritable(tx).getWriter();
    await writer.write(1);
    const waiting = outcome(writer.write(2));
    await turn();
    await writer.abort(new Error("enough"));
    expect(await waiting).toMatchObject({ message: "enough" });
    expect([await rx.recv(), await rx.recv()]).toEqual([{ ok: true, value: 1 }, closed]);
    const [tx2, rx2] = mpsc.channel<number>(1);
    const writer2 = toWritable(tx2).getWriter();
    rx2.close();
    expect(await outcome(writer2.write(1))).toMatchObject({ code: "CHANNEL_CLOSED" });
  });
});
