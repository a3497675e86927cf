import { describe, expect, test } from "vitest";
import { mpsc } from "keelson/channels";
import { forEachConcurrent, mapConcurrent } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep, yieldNow } from "keelson/time";
import { settled } from "../support/settled.js";

const no = new RangeError("no");

/** A source that writes down what is done with it. */
function watched(items: number, log: string[]): Iterable<number> {
  return {
    *[Symbol.iterator]() {
      try {
        for (let item = 0; item < items; item++) {
          log.push(`pull ${String(item)}`);
          yield item;
        }
      } finally {
        log.push("close");
      }
    },
  };
}

async function* slowly(items: number): AsyncGenerator<number> {
  for (let item = 0; item < items; item++) {
    await sleep(1);
    yield item;
  }
}

describe("forEachConcurrent", () => {
  test.each([1, 3, Number.POSITIVE_INFINITY])("calls with every item, at most %d at a time", async (limit) => {
    using _time = virtualTime({ autoAdvance: true });
    for (const source of [Array.from({ length: 10 }, (_, item) => item), slowly(10)]) {
      let running = 0;
      let most = 0;
      const seen: number[] = [];
      await forEachConcurrent(source, limit, async (item) => {
        most = Math.max(most, ++running);
        await sleep(100 - item);
        seen.push(item);
        running -= 1;
      });
      expect(seen.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect(most).toBe(Math.min(limit, 10));
    }
  });

  test("pulls only when a call can start", async () => {
    using time = virtualTime();
    const log: string[] = [];
    const all = forEachConcurrent(watched(4, log), 2, () => sleep(10));
    expect(log).toEqual(["pull 0", "pull 1"]);
    await time.advance(10);
    expect(log).toEqual(["pull 0", "pull 1", "pull 2", "pull 3"]);
    await time.advance(10);
    await all;
    expect(log.at(-1)).toBe("close");
  });

  test("the first failure stops the source, cancels the rest and waits for it", async () => {
    using time = virtualTime();
    const log: string[] = [];
    const all = forEachConcurrent(watched(100, log), 3, async (item, { signal }) => {
      if (item === 1) throw no;
      await sleep("1h", { signal }).catch(() => undefined);
      await sleep(10);
      log.push(`wound ${String(item)}`);
    }).catch((error: unknown) => error);
    await time.advance(10);
    expect(await all).toBe(no);
    expect(log).toEqual(["pull 0", "pull 1", "pull 2", "wound 0", "wound 2", "close"]);
    await time.runUntilIdle(0);
  });

  test("several failures come together, cancellations don't count", async () => {
    const other = new TypeError("other");
    const all = forEachConcurrent([0, 1, 2], 3, async (item, { signal }) => {
      if (item === 0) throw no;
      await sleep("1h", { signal }).catch((error: unknown) => Promise.reject(item === 1 ? other : (error as Error)));
    });
    await expect(all).rejects.toMatchObject({ errors: [no, other] });
  });

  test("a failing source ends it, without being closed", async () => {
    const log: string[] = [];
    const broken = {
      [Symbol.iterator]: () => ({
        next: (): never => {
          throw no;
        },
        return: () => {
          log.push("closed");
          return { done: true as const, value: undefined };
        },
      }),
    };
    await expect(forEachConcurrent(broken, 2, () => undefined)).rejects.toBe(no);
    expect(log).toEqual([]);
    const rejecting = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(no) }) };
    await expect(forEachConcurrent(rejecting, 2, () => undefined)).rejects.toBe(no);
  });

  test("the caller's abort ends it with the reason once the calls have ended", async () => {
    using time = virtualTime();
    const controller = new AbortController();
    const all = forEachConcurrent([1, 2, 3], 2, (_item, { signal }) => sleep("1h", { signal }), {
      signal: controller.signal,
    });
    await time.settle();
    controller.abort("stop");
    await expect(all).rejects.toBe("stop");
    await time.runUntilIdle(0);
    await expect(forEachConcurrent([1], 1, () => 1, { signal: controller.signal })).rejects.toBe("stop");
  });

  test("a source that never answers holds up no failure", async () => {
    const never = {
      [Symbol.asyncIterator]: () => {
        let count = 0;
        return { next: () => (count++ === 0 ? Promise.resolve({ value: 1 }) : new Promise<never>(() => undefined)) };
      },
    };
    const all = forEachConcurrent(never, 2, () => Promise.reject(no));
    await expect(all).rejects.toBe(no);
  });

  test("a source that waits for an answer when all stops is asked for no more", async () => {
    using time = virtualTime();
    const answers: ((result: IteratorResult<number>) => void)[] = [];
    let asked = 0;
    const source = {
      next: () => {
        asked += 1;
        return new Promise<IteratorResult<number>>((resolve) => answers.push(resolve));
      },
    };
    const answer = async (value: number): Promise<void> => {
      answers.shift()?.({ value });
      await time.settle();
    };
    const use = (item: number): unknown => (item === 0 ? undefined : sleep(5).then(() => Promise.reject(no)));
    const all = expect(forEachConcurrent({ [Symbol.asyncIterator]: () => source }, 3, use)).rejects.toBe(no);
    await time.settle();
    await answer(0);
    await answer(1);
    await time.advance(5);
    await all;
    await answer(2);
    expect(asked).toBe(3);
  });

  test("calls that never wait do not starve a timer", async () => {
    let isOver = false;
    setTimeout(() => (isOver = true), 1);
    function* untilOver(): Generator<number> {
      while (!isOver) yield 1;
    }
    await forEachConcurrent(untilOver(), 4, () => undefined);
    expect(isOver).toBe(true);
  });

  test("limits are checked", async () => {
    await expect(forEachConcurrent([], 0, () => 1)).rejects.toThrow(RangeError);
    await expect(forEachConcurrent([], 1.5, () => 1)).rejects.toThrow("`limit`");
    await forEachConcurrent([], 1, () => 1);
  });
});

describe("async iterators that others write", () => {
  const foreign = (iterator: object): AsyncIterable<number> => ({
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ value: 1 }), ...iterator }),
  });

  test.each([
    ["returns no promise", () => undefined],
    [
      "throws",
      () => {
        throw new Error("no end");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no end"))],
  ])("one whose return() %s hides no failure", async (_, end) => {
    const source = foreign({ return: end });
    await expect(forEachConcurrent(source, 1, () => Promise.reject(no))).rejects.toBe(no);
    await expect(mapConcurrent(source, 1, () => Promise.reject(no)).next()).rejects.toBe(no);
    for await (const item of mapConcurrent(source, 1, (item) => item)) {
      expect(item).toBe(1);
      break;
    }
  });

  test("one that answers nothing fails the call, and leaves no rejection behind", async () => {
    const unhandled: unknown[] = [];
    const listener = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", listener);
    const source = foreign({ next: () => Promise.resolve(undefined) });
    await expect(forEachConcurrent(source, 1, () => undefined)).rejects.toThrow(TypeError);
    await expect(mapConcurrent(source, 1, () => undefined).next()).rejects.toThrow(TypeError);
    await yieldNow();
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
  });
});

describe("what was taken when all is stopped", () => {
  const reading = (rx: AsyncIterable<string>, got: string[], signal: AbortSignal, isMapping: boolean) => {
    const use = (item: string, context: { readonly signal: AbortSignal }): void => {
      got.push(`${item} ${String(context.signal.aborted)}`);
    };
    if (!isMapping) return forEachConcurrent(rx, 2, use, { signal });
    return mapConcurrent(rx, 2, use, { signal }).next();
  };

  test.each([true, false])("a message stays in the channel, or is given to a call (mapping: %s)", async (isMapping) => {
    using time = virtualTime();
    for (const isFirst of [true, false]) {
      const [tx, rx] = mpsc.channel<string>(2);
      const controller = new AbortController();
      const got: string[] = [];
      const pool = reading(rx, got, controller.signal, isMapping);
      await time.settle();
      if (isFirst) tx.trySend("m");
      controller.abort("stop");
      if (!isFirst) tx.trySend("m");
      await expect(pool).rejects.toBe("stop");
      expect([got, rx.length]).toEqual(isFirst ? [["m true"], 0] : [[], 1]);
    }
  });

  test("leaving a mapping takes back its wait, and closes what it iterated", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.channel<string>(2);
    const results = mapConcurrent(rx, 2, (item) => item);
    const next = results.next();
    await time.settle();
    const left = results.return?.();
    tx.trySend("m");
    expect([await next, await left]).toEqual(Array(2).fill({ done: true, value: undefined }));
    expect(rx.length).toBe(1);
  });

  test("an item of a foreign iterator is given to a call as long as others run", async () => {
    using time = virtualTime();
    const controller = new AbortController();
    const got: number[] = [];
    const use = async (item: number): Promise<void> => {
      got.push(item);
      await sleep(5);
    };
    const all = expect(forEachConcurrent(slowly(3), 2, use, { signal: controller.signal })).rejects.toBe("stop");
    await time.advance(1);
    controller.abort("stop");
    await time.advance(20);
    await all;
    expect(got).toEqual([0, 1]);
  });
});

describe("mapConcurrent", () => {
  const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
    const values: T[] = [];
    for await (const value of source) values.push(value);
    return values;
  };

  test("gives results in the order of the items, or as they come", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const map = (ms: number) => sleep(ms).then(() => ms);
    expect(await collect(mapConcurrent([30, 10, 20], 3, map))).toEqual([30, 10, 20]);
    expect(await collect(mapConcurrent([30, 10, 20], 3, map, { ordered: false }))).toEqual([10, 20, 30]);
    expect(await collect(mapConcurrent(slowly(3), 2, (item) => item * 2))).toEqual([0, 2, 4]);
    expect(await collect(mapConcurrent([], 2, map))).toEqual([]);
  });

  test.each([true, false])("has at most limit items in hand (ordered: %s)", async (ordered) => {
    using time = virtualTime();
    const log: string[] = [];
    const results = mapConcurrent(watched(5, log), 2, (item) => sleep(10).then(() => item), { ordered });
    await time.settle();
    expect(log).toEqual([]);
    const first = results.next();
    expect(log).toEqual(["pull 0", "pull 1"]);
    await time.advance(10);
    expect(await first).toEqual({ done: false, value: 0 });
    expect(log).toEqual(["pull 0", "pull 1", "pull 2"]);
    await time.advance(100);
    expect(log).toHaveLength(3);
    expect(await results.next()).toEqual({ done: false, value: 1 });
    expect(log).toHaveLength(4);
  });

  test("a slow head holds back ordered results only", async () => {
    using time = virtualTime();
    const map = (ms: number) => sleep(ms).then(() => ms);
    const ordered = mapConcurrent([30, 10], 2, map).next();
    const unordered = mapConcurrent([30, 10], 2, map, { ordered: false }).next();
    await time.advance(10);
    expect(await settled(ordered)).toBe(false);
    expect(await unordered).toEqual({ done: false, value: 10 });
    await time.advance(20);
    expect(await ordered).toEqual({ done: false, value: 30 });
  });

  test("a failure ends it once the calls have ended, also one that comes while nobody asks", async () => {
    using time = virtualTime();
    const results = mapConcurrent([0, 1, 2], 2, (item, { signal }) =>
      item === 1
        ? sleep(20).then(() => Promise.reject(no))
        : sleep(item === 0 ? 10 : 1000, { signal }).then(() => item),
    );
    const first = results.next();
    await time.advance(10);
    expect(await first).toEqual({ done: false, value: 0 });
    await time.advance(20);
    await expect(results.next()).rejects.toBe(no);
    expect(await results.next()).toEqual({ done: true, value: undefined });
    await time.runUntilIdle(0);
  });

  test("breaking out cancels, waits and closes the source", async () => {
    using time = virtualTime({ autoAdvance: true });
    const log: string[] = [];
    const map = async (item: number, { signal }: { readonly signal: AbortSignal }): Promise<number> => {
      if (item > 0) await sleep("1h", { signal }).catch(() => log.push("cancelled"));
      return item;
    };
    for await (const value of mapConcurrent(watched(9, log), 2, map)) {
      expect(value).toBe(0);
      break;
    }
    expect(log).toEqual(["pull 0", "pull 1", "pull 2", "cancelled", "cancelled", "close"]);
    expect(time.runtime.now()).toBe(0);
    const unused = mapConcurrent(watched(9, log), 2, map);
    expect(await unused.return?.()).toEqual({ done: true, value: undefined });
    expect(await unused.next()).toEqual({ done: true, value: undefined });
    expect(log).toHaveLength(6);
  });

  test("a failure while breaking out is not lost", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const results = mapConcurrent([0, 1], 2, async (item, { signal }) => {
      if (item > 0) await sleep("1h", { signal }).catch(() => Promise.reject(no));
      return item;
    });
    await results.next();
    await expect(results.return?.()).rejects.toBe(no);
  });

  test("the caller's abort ends it with the reason", async () => {
    using time = virtualTime();
    const controller = new AbortController();
    const results = mapConcurrent([1], 1, (_item, { signal }) => sleep("1h", { signal }), {
      signal: controller.signal,
    });
    const next = results.next();
    await time.settle();
    controller.abort("stop");
    await expect(next).rejects.toBe("stop");
    expect(await results.next()).toEqual({ done: true, value: undefined });
    const late = mapConcurrent([1], 1, () => 1, { signal: controller.signal });
    await expect(late.next()).rejects.toBe("stop");
  });

  test("sources that fail end it", async () => {
    function* broken(): Generator<number> {
      yield 1;
      throw no;
    }
    await expect(collect(mapConcurrent(broken(), 2, (item) => item))).rejects.toBe(no);
    const rejecting = { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(no) }) };
    await expect(collect(mapConcurrent(rejecting, 2, (item) => item))).rejects.toBe(no);
  });

  test("several next() at once are served in order", async () => {
    using _time = virtualTime({ autoAdvance: true });
    const results = mapConcurrent([1, 2], 2, (item) => sleep(item).then(() => item));
    const all = await Promise.all([results.next(), results.next(), results.next()]);
    expect(all.map(({ done, value }) => done === true || value)).toEqual([1, 2, true]);
  });

  test("limits are checked at the call", () => {
    expect(() => mapConcurrent([], 0, () => 1)).toThrow(RangeError);
  });
});
