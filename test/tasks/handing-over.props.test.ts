import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  StreamMap,
  broadcast,
  chunksTimeout,
  fromAsyncIterable,
  itemTimeout,
  merge,
  mpsc,
  selector,
  throttle,
} from "keelson/channels";
import { forEachConcurrent, mapConcurrent } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { DelayQueue, sleep } from "keelson/time";
import { runs } from "../support/deep.js";

/** What a pool reads, and how items come into it. */
interface Line {
  readonly send: (item: number) => unknown;
  readonly source: () => AsyncIterable<unknown>;
}

const reading = (of: (rx: mpsc.Receiver<number>) => AsyncIterable<unknown>) => (): Line => {
  const [tx, rx] = mpsc.unbounded<number>();
  return { send: tx.send.bind(tx), source: () => of(rx) };
};

/** An event of a selector, an entry of a map or an expired value, besides items and arrays of them. */
const itemsIn = (given: unknown): readonly number[] => {
  if (Array.isArray(given)) return given.filter((part) => typeof part === "number");
  return typeof given === "number" ? [given] : [(given as { readonly value: number }).value];
};

const lines: Readonly<Record<string, () => Line>> = {
  mpsc: reading((rx) => rx),
  "batches of mpsc": reading((rx) => rx.batches(2)),
  merge: reading((rx) => merge(rx, mpsc.unbounded<number>()[1])),
  throttle: reading((rx) => throttle(rx, 1)),
  itemTimeout: reading((rx) => itemTimeout(rx, "1h")),
  chunksTimeout: reading((rx) => chunksTimeout(rx, 2, 1)),
  selector: reading((rx) => selector({ rx })),
  StreamMap: reading((rx) => {
    const map = new StreamMap<string, number>();
    map.insert("rx", rx);
    return map;
  }),
  fromAsyncIterable: () => {
    const [tx, rx] = mpsc.unbounded<number>();
    const feed = fromAsyncIterable(rx);
    return { send: tx.send.bind(tx), source: () => feed };
  },
  broadcast: () => {
    const [tx, rx] = broadcast.channel<number>(64);
    return { send: tx.send.bind(tx), source: () => rx };
  },
  DelayQueue: () => {
    const queue = new DelayQueue<number>();
    queue.insert(-1, "1d");
    return { send: (item) => queue.insertAt(item, item / 1e6), source: () => queue };
  },
};

const step = fc.constantFrom("send", "send", "turn", "settle", "advance", "abort", "fail", "leave");

describe.each(Object.entries(lines))("pools that hand over %s to each other", (_name, line) => {
  test.prop([fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 3 }), fc.boolean(), fc.boolean()], {
    numRuns: runs(1_000),
  })("lose nothing, double nothing and keep the order", async (steps, limit, isMapping, isOverlapping) => {
    using time = virtualTime();
    const { send, source } = line();
    const got: number[] = [];
    let sent = 0;
    let mayFail = false;
    const begin = () => {
      const controller = new AbortController();
      const { signal } = controller;
      const use = async (given: unknown): Promise<void> => {
        got.push(...itemsIn(given));
        if (mayFail) {
          mayFail = false;
          throw new Error("chosen");
        }
        await sleep(1);
      };
      const mapping = isMapping ? mapConcurrent(source(), limit, use, { signal }) : undefined;
      const read = async (): Promise<void> => {
        if (mapping === undefined) await forEachConcurrent(source(), limit, use, { signal });
        else while ((await mapping.next()).done !== true);
      };
      const ended = read().catch(() => undefined);
      return { controller, ended, leave: mapping === undefined ? undefined : () => void mapping.return?.() };
    };
    const pools = [begin()];
    const handOver = async (): Promise<void> => {
      if (!isOverlapping) {
        await time.advance(10);
        await pools.at(-1)?.ended;
      }
      pools.push(begin());
    };
    for (const each of steps) {
      if (each === "send") send(sent++);
      else if (each === "turn") await Promise.resolve();
      else if (each === "settle") await time.settle();
      else if (each === "advance") await time.advance(1);
      else if (each === "fail") {
        mayFail = true;
        send(sent++);
        send(sent++);
        await time.advance(10);
        await handOver();
      } else {
        const pool = pools.at(-1);
        if (each === "leave" && pool?.leave !== undefined) pool.leave();
        else pool?.controller.abort();
        await handOver();
      }
    }
    await time.advance(sent * 10);
    const all = Array.from({ length: sent }, (_, item) => item);
    expect(isOverlapping ? got.sort((a, b) => a - b) : got).toEqual(all);
    for (const { controller } of pools) controller.abort();
    await time.advance(10);
    await Promise.all(pools.map(({ ended }) => ended));
  });
});
