import {
  type StreamMap as Streams,
  StreamMap,
  broadcast,
  chunksTimeout,
  itemTimeout,
  merge,
  mpsc,
  throttle,
  watch,
} from "keelson/channels";
import { TimeoutError } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An async iterable that notes when it is left. */
function noted<T>(items: readonly T[], failure?: Error): { iterable: AsyncIterable<T>; left: () => number } {
  let left = 0;
  const rest = [...items];
  const iterable = {
    [Symbol.asyncIterator]: () => ({
      next: async (): Promise<IteratorResult<T>> => {
        await turn();
        const [value] = rest.splice(0, 1);
        if (value !== undefined) return { done: false, value };
        if (failure !== undefined) throw failure;
        return { done: true, value: undefined };
      },
      return: () => {
        left += 1;
        return Promise.resolve({ done: true as const, value: undefined });
      },
    }),
  };
  return { iterable, left: () => left };
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

describe("merge", () => {
  test("gives all items, fairly, and ends with the last", async () => {
    const [a, aRx] = mpsc.unbounded<number>();
    const [b, bRx] = mpsc.unbounded<number>();
    for (let n = 0; n < 3; n += 1) {
      a.send(n);
      b.send(n + 10);
    }
    a.close();
    b.close();
    expect(await all(merge(aRx, bRx))).toEqual([0, 10, 1, 11, 2, 12]);
    expect(await all(merge())).toEqual([]);
    const { iterable } = noted([1, 2]);
    expect((await all(merge(iterable, noted([3]).iterable))).sort()).toEqual([1, 2, 3]);
  });

  test("takes nothing from a receiver that was not asked for, and leaves all", async () => {
    const [a, aRx] = mpsc.unbounded<number>();
    const [b, bRx] = mpsc.unbounded<number>();
    const other = noted([9]);
    const merged = merge(aRx, bRx, other.iterable);
    const first = merged.next();
    a.send(1);
    b.send(2);
    expect(await first).toEqual({ done: false, value: 1 });
    const pending = merge(aRx);
    const next = pending.next();
    await pending.return?.();
    a.send(3);
    expect(await next).toEqual({ done: true, value: undefined });
    await merged.return?.();
    expect([await merged.next(), aRx.length, bRx.length, other.left()]).toEqual([
      { done: true, value: undefined },
      1,
      1,
      1,
    ]);
  });

  test("a watch gives its current value first, a broadcast throws when it lags", async () => {
    const [tx, rx] = watch.channel("now");
    tx.close();
    const [events, eventsRx] = broadcast.channel<string>(1);
    events.send("x");
    events.send("y");
    const merged = merge(rx, eventsRx);
    expect(await merged.next()).toEqual({ done: false, value: "now" });
    expect(await outcome(merged.next())).toMatchObject({ code: "LAGGED" });
    expect(await merged.next()).toEqual({ done: true, value: undefined });
  });

  test("a failure of one leaves the others", async () => {
    const failing = noted([], new Error("torn"));
    const other = noted([1, 2, 3, 4, 5]);
    expect(await outcome(all(merge(failing.iterable, other.iterable)))).toMatchObject({ message: "torn" });
    async function* hanging(): AsyncGenerator<number> {
      yield await new Promise<never>(() => undefined); // and with it whoever waits for its return()
    }
    const told = outcome(all(merge(noted([], new Error("torn")).iterable, hanging())));
    expect(await Promise.race([told, turn().then(turn)])).toMatchObject({ message: "torn" });
    expect(other.left()).toBe(1);
  });

  test("concurrent calls of next are served in order", async () => {
    const [tx, rx] = mpsc.unbounded<number>();
    const merged = merge(rx);
    const both = [merged.next(), merged.next()];
    tx.send(1);
    tx.send(2);
    expect((await Promise.all(both)).map((step) => step.value as unknown)).toEqual([1, 2]);
  });
});

describe("throttle", () => {
  test("spaces items out from the last one given, and drops none", async () => {
    using time = virtualTime({ autoAdvance: true });
    const [tx, rx] = mpsc.unbounded<number>();
    for (const n of [1, 2, 3]) tx.send(n);
    const iterator = throttle(rx, "10s")[Symbol.asyncIterator]();
    await iterator.next();
    await time.runtime.sleep(4000);
    expect([(await iterator.next()).value as unknown, time.runtime.now()]).toEqual([2, 10_000]);
    await time.runtime.sleep(50_000);
    expect([(await iterator.next()).value as unknown, time.runtime.now()]).toEqual([3, 60_000]);
    tx.close();
    expect((await iterator.next()).done).toBe(true);
  });

  test("leaving it while it waits leaves the source", async () => {
    using time = virtualTime();
    const source = noted([1, 2]);
    const iterator = throttle(source.iterable, "10s")[Symbol.asyncIterator]();
    await iterator.next();
    const pending = iterator.next();
    await turn();
    await iterator.return?.();
    expect([(await pending).done, source.left()]).toEqual([true, 1]);
    await time.runUntilIdle();
    expect(() => throttle(source.iterable, "soon" as "1s")).toThrow(TypeError);
  });
});

describe("chunksTimeout", () => {
  test("gives full chunks at once and short ones after the time since their first item", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.unbounded<number>();
    const iterator = chunksTimeout(rx, 3, "5s")[Symbol.asyncIterator]();
    for (const n of [1, 2, 3, 4]) tx.send(n);
    expect((await iterator.next()).value).toEqual([1, 2, 3]);
    const short = iterator.next();
    await time.advance("4s");
    tx.send(5);
    await time.advance("1s");
    expect((await short).value).toEqual([4, 5]);
    const waiting = iterator.next();
    await time.advance("1h");
    tx.send(6);
    await time.advance("1s");
    tx.close();
    expect((await waiting).value).toEqual([6]);
    expect((await iterator.next()).done).toBe(true);
    await time.runUntilIdle();
  });

  test("a failure comes after the items before it", async () => {
    const source = noted([1, 2], new Error("torn"));
    const iterator = chunksTimeout(source.iterable, 5, "1h")[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toEqual([1, 2]);
    expect(await outcome(iterator.next())).toMatchObject({ message: "torn" });
    expect((await iterator.next()).done).toBe(true);
  });

  test("leaving it ends a pending chunk and leaves the source", async () => {
    const source = noted<number>([]);
    const iterator = chunksTimeout(source.iterable, 5, "1h")[Symbol.asyncIterator]();
    const [tx, rx] = mpsc.unbounded<number>();
    const other = chunksTimeout(rx, 5, "1h")[Symbol.asyncIterator]();
    const pending = other.next();
    await turn();
    await other.return?.();
    tx.send(1);
    expect([(await pending).done, rx.length]).toEqual([true, 1]);
    await iterator.return?.();
    expect(source.left()).toBe(1);
    expect(() => chunksTimeout(rx, 0, "1s")).toThrow(RangeError);
  });
});

describe("itemTimeout", () => {
  test("throws when an item is late, and goes on with it", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.unbounded<number>();
    const items = itemTimeout(rx, "5s");
    const first = items.next();
    await time.advance("4s");
    tx.send(1);
    expect(await first).toEqual({ done: false, value: 1 });
    const late = outcome(items.next());
    await time.advance("5s");
    expect(await late).toMatchObject({ code: "TIMEOUT", timeoutMs: 5000 });
    tx.send(2);
    tx.send(3);
    tx.close();
    expect(await all(items)).toEqual([2, 3]);
    await time.runUntilIdle();
    expect(() => itemTimeout(rx, "soon" as "1s")).toThrow(TypeError);
  });

  test("asks another iterable once for an item that is late", async () => {
    using time = virtualTime();
    let asked = 0;
    const slow = {
      [Symbol.asyncIterator]: () => ({
        next: async () => {
          asked += 1;
          await time.runtime.sleep(7);
          return { done: false as const, value: asked };
        },
      }),
    };
    const items = itemTimeout(slow, 5);
    const late = outcome(items.next());
    await time.advance(5);
    expect(await late).toBeInstanceOf(TimeoutError);
    await time.advance(2);
    expect([await items.next(), asked]).toEqual([{ done: false, value: 1 }, 1]);
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
  });

  test("ends with its source, fails with it, and leaves it when left", async () => {
    expect(await all(itemTimeout(noted([1, 2]).iterable, "1h"))).toEqual([1, 2]);
    expect(await outcome(all(itemTimeout(noted([1], new Error("torn")).iterable, "1h")))).toMatchObject({
      message: "torn",
    });
    const source = noted([1, 2]);
    for await (const item of itemTimeout(source.iterable, "1h")) if (item === 1) break;
    expect(source.left()).toBe(1);
    const [tx, rx] = mpsc.unbounded<number>();
    const items = itemTimeout(rx, "1h");
    const [pending, second] = [items.next(), items.next()];
    await turn();
    await items.return?.();
    tx.send(1);
    expect([(await pending).done, (await second).done, rx.length, rx.isClosed]).toEqual([true, true, 1, false]);
  });
});

describe("StreamMap", () => {
  test("selects over entries that come and go, also while somebody waits", async () => {
    const map: Streams<string, number> = new StreamMap();
    expect(await map.next()).toEqual(closed);
    const [a, aRx] = mpsc.unbounded<number>();
    const [b, bRx] = mpsc.unbounded<number>();
    map.insert("a", aRx);
    const waiting = map.next();
    map.insert("b", bRx);
    await turn();
    b.send(1);
    expect(await waiting).toEqual({ ok: true, value: ["b", 1] });
    expect([map.size, map.has("a"), [...map.keys()]]).toEqual([2, true, ["a", "b"]]);
    const parked = map.next();
    expect([map.remove("b"), map.remove("b")]).toEqual([true, false]);
    b.send(2);
    a.send(3);
    expect([await parked, bRx.length]).toEqual([{ ok: true, value: ["a", 3] }, 1]);
    const last = map.next();
    map.clear();
    expect(await last).toEqual(closed);
  });

  test("removes entries that end, in turn with those that go on", async () => {
    const map = new StreamMap<string, number>();
    const channels = ["a", "b"].map((key) => [key, mpsc.unbounded<number>()] as const);
    for (const [key, [, rx]] of channels) map.insert(key, rx);
    for (const n of [1, 2]) for (const [, [tx]] of channels) tx.send(n);
    expect((await map.nextMany(3)).map(([key, n]) => `${key}${String(n)}`)).toEqual(["a1", "b1", "a2"]);
    channels[0]?.[1][0].close();
    const seen: unknown[] = [];
    for await (const [key, n] of map) {
      seen.push([key, n, map.size]);
      channels[1]?.[1][0].close();
    }
    expect([seen, map.size, await map.nextMany(2)]).toEqual([[["b", 2, 2]], 0, []]);
  });

  test("tells what is in it, in the order of insertion", () => {
    const map = new StreamMap<string, number>();
    expect([map.isEmpty, [...map.values()], [...map.entries()]]).toEqual([true, [], []]);
    const [[, a], [, b]] = [mpsc.unbounded<number>(), mpsc.unbounded<number>()];
    map.insert("a", a);
    map.insert("b", b);
    expect([...map.values()].map((rx) => [rx === a, rx === b])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect([...map.entries()].map(([key, rx]) => [key, rx === a])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    map.remove("a");
    expect([[...map.keys()], [...map.values()][0] === b, map.isEmpty]).toEqual([["b"], true, false]);
  });

  test("a failure that comes while items are gathered does not lose them", async () => {
    const map = new StreamMap<string, number>();
    const [tx, rx] = mpsc.unbounded<number>();
    map.insert("good", rx);
    map.insert("torn", noted<number>([], new Error("torn")).iterable);
    expect(await outcome(map.next({ timeout: 0 }))).toBeInstanceOf(TimeoutError);
    await turn();
    await turn();
    tx.send(1);
    tx.send(2);
    expect(await map.nextMany(5)).toEqual([["good", 1]]);
    expect(await outcome(map.next({ signal: AbortSignal.abort("no") }))).toBe("no");
    expect(await outcome(map.nextMany(5))).toMatchObject({ message: "torn" });
    expect([await map.nextMany(5), [...map.keys()]]).toEqual([[["good", 2]], ["good"]]);
  });

  test("an entry whose leaving inserts another is followed by that one", async () => {
    const map = new StreamMap<string, number>();
    const last = noted([3]);
    map.insert("a", {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => {
          map.insert("a", last.iterable);
          return Promise.resolve({ done: true as const, value: undefined });
        },
      }),
    });
    const replaced = noted([2]);
    map.insert("a", replaced.iterable);
    expect([await map.next(), map.size, replaced.left()]).toEqual([{ ok: true, value: ["a", 3] }, 1, 1]);
    expect([await map.next(), map.size]).toEqual([closed, 0]);
  });

  test("an entry replaced is left; one that fails throws and is removed", async () => {
    using time = virtualTime();
    const map = new StreamMap<string, number>();
    const first = noted([1]);
    map.insert("a", first.iterable);
    map.insert("a", noted([2]).iterable);
    expect([await map.next(), first.left(), map.size]).toEqual([{ ok: true, value: ["a", 2] }, 1, 1]);
    map.insert("b", noted([], new Error("torn")).iterable);
    expect(await outcome(map.next())).toMatchObject({ message: "torn" });
    expect([await map.next(), map.size]).toEqual([closed, 0]);
    map.insert("c", {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: () => Promise.reject(new Error("cannot leave")),
      }),
    });
    expect(await outcome(map.next({ timeout: 0 }))).toBeInstanceOf(TimeoutError);
    const busy = map.next();
    expect(await outcome(map.next())).toBeInstanceOf(TypeError);
    map.remove("c");
    await busy;
    await turn();
    expect(time.failures).toMatchObject([{ task: "StreamMap.remove" }]);
  });

  test("an entry that takes the place of another is waited for, also of the last, and of one that has just ended", async () => {
    const map = new StreamMap<string, number>();
    const [, oldRx] = mpsc.unbounded<number>();
    const [tx, rx] = mpsc.unbounded<number>();
    const [tx2, rx2] = mpsc.unbounded<number>();
    map.insert("a", oldRx);
    const waiting = map.next();
    map.insert("a", rx);
    tx.send(1);
    expect(await waiting).toEqual({ ok: true, value: ["a", 1] });
    const parked = map.next();
    tx.close();
    map.insert("a", rx2);
    tx2.send(2);
    expect([await parked, map.size]).toEqual([{ ok: true, value: ["a", 2] }, 1]);
    expect(() => {
      map.insert("a", 5 as never);
    }).toThrow("Expected `iterable` to be an async iterable, got `5`");
    expect([...map.values()]).toEqual([rx2]);
  });

  test("a second wait is refused also while the first goes on after an end", async () => {
    const map = new StreamMap<string, number>();
    const [a, aRx] = mpsc.unbounded<number>();
    const [b, bRx] = mpsc.unbounded<number>();
    map.insert("a", aRx);
    map.insert("b", bRx);
    const waiting = map.next();
    a.close();
    expect(await outcome(map.next())).toBeInstanceOf(TypeError);
    b.send(1);
    expect(await waiting).toEqual({ ok: true, value: ["b", 1] });
  });

  test("an entry that throws is gone when that is told, also one that could go on", async () => {
    const map = new StreamMap<string, number>();
    const [tx, rx] = broadcast.channel<number>(1);
    map.insert("torn", noted<number>([], new Error("torn")).iterable);
    map.insert("lagging", rx);
    expect(await outcome(map.next())).toMatchObject({ message: "torn" });
    expect([...map.keys()]).toEqual(["lagging"]);
    tx.send(1);
    tx.send(2);
    expect(await outcome(map.next())).toMatchObject({ code: "LAGGED" });
    expect([map.size, await map.next(), rx.length]).toEqual([0, closed, 1]);
  });

  test("an entry whose code takes others out or puts others in leaves none unasked", async () => {
    const map = new StreamMap<string, number>();
    async function* five(): AsyncGenerator<number> {
      yield await Promise.resolve(5);
    }
    async function* busy(): AsyncGenerator<number> {
      map.remove("gone");
      map.insert("new", five());
      yield await new Promise<never>(() => undefined);
    }
    map.insert("gone", mpsc.unbounded<number>()[1]);
    map.insert("busy", busy());
    map.insert("last", five());
    const items = [await map.next(), await map.next()];
    expect(items).toEqual([
      { ok: true, value: ["last", 5] },
      { ok: true, value: ["new", 5] },
    ]);
  });

  test("an entry that takes itself out as it is put in is not waited for", async () => {
    const map = new StreamMap<string, number>();
    const [tx, rx] = mpsc.unbounded<number>();
    async function* fleeting(): AsyncGenerator<number> {
      map.remove("fleeting");
      yield await Promise.resolve(1);
    }
    map.insert("rx", rx);
    const waiting = map.next();
    map.insert("fleeting", fleeting());
    await turn();
    tx.send(2);
    expect(await waiting).toEqual({ ok: true, value: ["rx", 2] });
  });
});
