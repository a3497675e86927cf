import { EventEmitter } from "node:events";
import {
  fromAsyncIterable,
  fromEvents,
  fromReadableStream,
  mpsc,
  select,
  toReadableStream,
  toWritable,
} from "keelson/channels";
import { Emitter } from "keelson/core";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("fromEvents", () => {
  test("listens to Node's emitters until closed", async () => {
    const emitter = new EventEmitter();
    const events = fromEvents<number>(emitter, "n");
    const waiting = events.recv();
    emitter.emit("n", 1, "ignored");
    emitter.emit("n", 2);
    expect([await waiting, events.length, emitter.listenerCount("n")]).toEqual([{ ok: true, value: 1 }, 1, 1]);
    events.close();
    events.close();
    emitter.emit("n", 3);
    expect([emitter.listenerCount("n"), events.tryRecv(), events.tryRecv()]).toEqual([
      0,
      { ok: true, value: 2 },
      closed,
    ]);
  });

  test("to event targets and to our own emitters", async () => {
    const target = new EventTarget();
    using events = fromEvents(target, "tick", { map: (event: Event) => event.type });
    target.dispatchEvent(new Event("tick"));
    expect(await select({ events })).toEqual({ key: "events", value: "tick" });
    const own = new Emitter<{ elected: [token: number] }>();
    const elected = fromEvents<number>(own, "elected");
    own.emit("elected", 7);
    elected.close();
    expect(own.listenerCount("elected")).toBe(0);
    for await (const token of elected) expect(token).toBe(7);
    expect(() => fromEvents({} as never, "x")).toThrow(TypeError);
  });

  test("drops what it says when it is full, and counts", () => {
    const emitter = new EventEmitter();
    const oldest = fromEvents<number>(emitter, "n", { capacity: 2 });
    const newest = fromEvents<number>(emitter, "n", { capacity: 2, overflow: "drop-newest" });
    for (const n of [1, 2, 3, 4]) emitter.emit("n", n);
    const values = (events: typeof oldest): unknown[] =>
      [events.tryRecv(), events.tryRecv()].map((r) => r.ok && r.value);
    expect([values(oldest), oldest.dropped, values(newest), newest.dropped]).toEqual([[3, 4], 2, [1, 2], 2]);
    expect(() => fromEvents(emitter, "n", { capacity: 0 })).toThrow(RangeError);
    expect(() => fromEvents(emitter, "n", { overflow: "explode" as "drop-oldest" })).toThrow(TypeError);
  });

  test("stops by signal, and discards when disposed", () => {
    const emitter = new EventEmitter();
    const abort = new AbortController();
    const events = fromEvents<number>(emitter, "n", { signal: abort.signal });
    emitter.emit("n", 1);
    abort.abort();
    expect([emitter.listenerCount("n"), events.length]).toEqual([0, 1]);
    events[Symbol.dispose]();
    expect(events.length).toBe(0);
    fromEvents(emitter, "n", { signal: AbortSignal.abort() });
    expect(emitter.listenerCount("n")).toBe(0);
  });
});

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
