import { broadcast, fromEvents, merge, mpsc, oneshot, select, selector, watch } from "keelson/channels";
import { Emitter } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { Mutex, Notify, Semaphore } from "keelson/sync";
import { timer } from "keelson/time";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What the process is told of meanwhile under the name of an event. */
async function told(event: "warning" | "unhandledRejection", meanwhile: () => Promise<void>): Promise<unknown[]> {
  const seen: unknown[] = [];
  const note = (what: unknown): void => void seen.push(what);
  process.on(event, note);
  try {
    await meanwhile();
    await turn();
    await turn();
  } finally {
    process.off(event, note);
  }
  return seen;
}

describe("a message that has a then stays as it is", () => {
  const thenable = { then: () => expect.unreachable() };
  const isKept = (result: { readonly ok: boolean; readonly value?: unknown }): void => {
    expect(result.ok && result.value === thenable).toBe(true);
  };

  test("in every kind of channel, waited for or not", async () => {
    const [tx, rx] = mpsc.channel<typeof thenable>(4);
    const [btx, brx] = broadcast.channel<typeof thenable>(4);
    for (const recv of [() => rx.recv(), () => brx.recv()]) {
      const parked = recv();
      await tx.send(thenable);
      btx.send(thenable);
      isKept(await parked);
    }
    isKept(await rx.recv());
    isKept(await brx.recv());
    const [reply, answer] = oneshot.channel<typeof thenable>();
    const waiting = answer.recv();
    reply.send(thenable);
    isKept(await waiting);
    const [wtx, wrx] = watch.channel(thenable);
    const found = wrx.waitFor(() => true);
    wtx.send(thenable);
    isKept(await found);
  });

  test("in a select, a selector, an iteration, a merge", async () => {
    const [tx, rx] = mpsc.channel<unknown>(8);
    for (let n = 0; n < 4; n += 1) tx.trySend(thenable);
    expect((await select({ rx })).value === thenable).toBe(true);
    using sel = selector({ rx });
    expect((await sel.next()).value === thenable).toBe(true);
    for await (const message of rx) {
      expect(message === thenable).toBe(true);
      break;
    }
    for await (const message of merge(rx)) {
      expect(message === thenable).toBe(true);
      break;
    }
  });
});

describe("sending and aborting in one tick", () => {
  test("a send that had room is sent", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const abort = new AbortController();
    const sent = tx.send(1, { signal: abort.signal });
    abort.abort();
    await sent;
    expect(rx.tryRecv()).toEqual({ ok: true, value: 1 });
  });

  test("of slot and abort whatever comes first decides: sent once, or surely not", async () => {
    for (const slotFirst of [true, false]) {
      const [tx, rx] = mpsc.channel<number>(1);
      tx.trySend(0);
      const abort = new AbortController();
      const sent = outcome(tx.send(1, { signal: abort.signal }));
      const steps = [
        () => void rx.tryRecv(),
        () => {
          abort.abort("no");
        },
      ];
      for (const step of slotFirst ? steps : steps.reverse()) step();
      expect(await sent).toBe(slotFirst ? undefined : "no");
      expect(rx.tryRecv()).toEqual(slotFirst ? { ok: true, value: 1 } : { ok: false, reason: "empty" });
      expect(tx.capacity).toBe(1);
    }
  });

  test("of message and abort whatever comes first decides: received once, or still there", async () => {
    for (const messageFirst of [true, false]) {
      const [tx, rx] = mpsc.channel<number>(1);
      const abort = new AbortController();
      const received = outcome(select({ rx }, { signal: abort.signal }));
      const steps = [
        () => void tx.trySend(1),
        () => {
          abort.abort("no");
        },
      ];
      for (const step of messageFirst ? steps : steps.reverse()) step();
      expect(await received).toEqual(messageFirst ? { key: "rx", value: 1 } : "no");
      expect(rx.length).toBe(messageFirst ? 0 : 1);
    }
  });
});

test("dozens of waits of every kind on one signal print no warning", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const warnings = await told("warning", async () => {
    const [tx] = mpsc.channel<number>(1);
    tx.trySend(1);
    const [, empty] = mpsc.channel<number>(1);
    const [, changes] = watch.channel(0);
    const [, news] = broadcast.channel<number>(1);
    const [, answer] = oneshot.channel();
    const mutex = new Mutex();
    mutex.tryLock();
    const waits = Array.from({ length: 12 }, () => [
      tx.send(2, { signal }),
      empty.recv({ signal }),
      changes.changed({ signal }),
      news.recv({ signal }),
      answer.recv({ signal }),
      mutex.lock({ signal }),
      new Notify().notified({ signal }),
      new Semaphore(0).acquire(1, { signal }),
      select({ empty, signal }),
      select({ empty }, { signal }),
      timer("1h").wait({ signal }),
    ]).flat();
    const outcomes = Promise.all(waits.map(outcome));
    await turn();
    controller.abort("all");
    expect(new Set((await outcomes).map((end) => (typeof end === "string" ? end : "event")))).toEqual(
      new Set(["all", "event"]),
    );
  });
  expect(warnings).toEqual([]);
});

test("a oneshot that nobody reads, or that fails nobody, is no unhandled rejection", async () => {
  const unhandled = await told("unhandledRejection", async () => {
    oneshot.channel()[0].close();
    const [sent] = oneshot.channel<Error>();
    sent.send(new Error("an answer like any other"));
    const [, dropped] = oneshot.channel();
    dropped.close();
    await turn();
  });
  expect(unhandled).toEqual([]);
});

describe("an iterator that is abandoned in the middle of next", () => {
  test("takes no message that comes later", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const [btx, brx] = broadcast.channel<number>(4);
    const [wtx, wrx] = watch.channel(0);
    const iterators = [rx, rx.batches(2), brx, wrx.changes()].map((source: AsyncIterable<unknown>) =>
      source[Symbol.asyncIterator](),
    );
    const pending = iterators.map((iterator) => iterator.next());
    for (const iterator of iterators) await iterator.return?.();
    expect((await Promise.all(pending)).map(({ done }) => done)).toEqual([true, true, true, true]);
    tx.trySend(1);
    btx.send(1);
    wtx.send(1);
    expect([rx.length, brx.length, wrx.hasChanged()]).toEqual([1, 1, true]);
  });
});

describe("a listener that throws", () => {
  const broken = (): never => {
    throw new Error("broken");
  };

  test("of an emitter or of the runtime's signals stops nobody and is reported", async () => {
    using time = virtualTime();
    const emitter = new Emitter<{ reading: [value: number] }>();
    emitter.on("reading", broken);
    using readings = fromEvents<number>(emitter, "reading");
    emitter.emit("reading", 7);
    expect(await readings.recv()).toEqual({ ok: true, value: 7 });
    time.runtime.signals.on("x", broken);
    time.runtime.signals.emit("x", {});
    expect(time.failures.map(({ task }) => task)).toEqual(["event listener", "signal listener"]);
  });

  test("as the map of fromEvents leaves that event out, tells the emitter nothing, and is reported", async () => {
    using time = virtualTime();
    const target = new EventTarget();
    using events = fromEvents(target, "reading", {
      map: (event: CustomEvent<number>) => (event.detail === 1 ? broken() : event.detail),
    });
    for (const detail of [1, 2]) target.dispatchEvent(new CustomEvent("reading", { detail }));
    expect([await events.recv(), events.length, events.dropped]).toEqual([{ ok: true, value: 2 }, 0, 0]);
    expect(time.failures).toMatchObject([{ task: "fromEvents" }]);
  });

  test("as onDiscard is reported, and the rest is discarded", () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.unbounded<number>({ onDiscard: broken });
    tx.send(1);
    tx.send(2);
    rx[Symbol.dispose]();
    expect([time.failures.length, rx.length]).toEqual([2, 0]);
  });

  test("as the message of a send that is made on winning rejects that select, and gives the slot back", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    expect(await outcome(select({ sent: tx.sending(broken) }))).toMatchObject({ message: "broken" });
    expect([tx.capacity, rx.length]).toEqual([1, 0]);
  });
});

test("a chain of ready operations lets timers fire", async () => {
  const [tx, rx] = mpsc.channel<number>(128);
  const [state, seen] = watch.channel(0);
  let fired = 0;
  const timer = setInterval(() => {
    fired += 1;
  }, 1);
  const deadline = performance.now() + 60_000;
  const handOver = async (): Promise<void> => {
    for await (const n of rx) if (n < 0) return;
  };
  const consumer = handOver();
  while (fired < 5 && performance.now() < deadline) {
    await tx.send(1);
    state.send(1);
    await seen.changed();
    const [reply, answer] = oneshot.channel<number>();
    reply.send(1);
    await answer.recv();
    await seen.waitFor(() => true);
    await select({ closing: tx.closing(), free: tx.sending(() => 2) });
  }
  await tx.send(-1);
  await consumer;
  clearInterval(timer);
  expect(fired).toBe(5);
});
