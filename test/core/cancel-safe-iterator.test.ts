import { StreamMap, merge, mpsc, selector } from "keelson/channels";
import { JoinMap, JoinQueue, JoinSet } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { DelayQueue, interval } from "keelson/time";
import { describe, expect, test } from "vitest";

interface Iterated {
  readonly iterable: AsyncIterable<unknown>;
  /** Lets a value come. */
  readonly bring: () => void;
}

const iterated: readonly [what: string, make: () => Iterated][] = [
  ["a JoinSet", () => joining(new JoinSet<string>())],
  ["a JoinQueue", () => joining(new JoinQueue<string>())],
  [
    "a JoinMap",
    () => {
      const map = new JoinMap<string, string>();
      return held((wait) => void map.spawn("key", wait), map);
    },
  ],
  [
    "a DelayQueue",
    () => {
      const queue = new DelayQueue<string>();
      const key = queue.insert("value", "1h");
      return {
        iterable: queue,
        bring: () => {
          queue.reset(key, 0);
        },
      };
    },
  ],
  [
    "an interval",
    () => {
      const ticks = interval("1h", { start: "1h" });
      return {
        iterable: ticks,
        bring: () => {
          ticks.resetImmediately();
        },
      };
    },
  ],
  [
    "a selector",
    () => {
      const [tx, rx] = mpsc.unbounded<string>();
      return {
        iterable: selector({ rx }),
        bring: () => {
          tx.send("value");
        },
      };
    },
  ],
  [
    "a StreamMap",
    () => {
      const [tx, rx] = mpsc.unbounded<string>();
      const streams = new StreamMap<string, string>();
      streams.insert("key", rx);
      return {
        iterable: streams,
        bring: () => {
          tx.send("value");
        },
      };
    },
  ],
];

function joining(tasks: JoinSet<string> | JoinQueue<string>): Iterated {
  return held((wait) => void tasks.spawn(wait), tasks);
}

function held(spawn: (wait: () => Promise<string>) => void, iterable: AsyncIterable<unknown>): Iterated {
  let bring!: () => void;
  const value = new Promise<string>((resolve) => {
    bring = () => {
      resolve("value");
    };
  });
  spawn(() => value);
  return { iterable, bring };
}

describe.each(iterated)("the iterator of %s", (_, make) => {
  test("gives nothing after it was left, and takes nothing", async () => {
    using time = virtualTime();
    const { iterable, bring } = make();
    const iterator = iterable[Symbol.asyncIterator]();
    const pending = iterator.next();
    await time.settle();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    bring();
    await time.settle();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    expect(await iterable[Symbol.asyncIterator]().next()).toMatchObject({ done: false });
  });
});

test("leaving a merge loses no end of a task", async () => {
  const tasks = new JoinSet<string>();
  let end!: (value: string) => void;
  tasks.spawn(() => new Promise<string>((resolve) => (end = resolve)));
  const [tx, rx] = mpsc.unbounded<string>();
  tx.send("message");
  for await (const item of merge(tasks, rx)) {
    expect(item).toBe("message");
    break;
  }
  end("end");
  expect(await tasks.joinNext()).toMatchObject({ ok: true, value: "end" });
});
