import { EventEmitter } from "node:events";
import { fromEvents, mpsc, select } from "keelson/channels";
import { Emitter } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };

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
    const newest = fromEvents<number>(emitter, "n", { capacity: 2, overflow: "dropNewest" });
    for (const n of [1, 2, 3, 4]) emitter.emit("n", n);
    const values = (events: typeof oldest): unknown[] =>
      [events.tryRecv(), events.tryRecv()].map((r) => r.ok && r.value);
    expect([values(oldest), oldest.dropped, values(newest), newest.dropped]).toEqual([[3, 4], 2, [1, 2], 2]);
    expect(() => fromEvents(emitter, "n", { capacity: 0 })).toThrow(RangeError);
    expect(() => fromEvents(emitter, "n", { overflow: "explode" as "dropOldest" })).toThrow(TypeError);
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
    expect(() => fromEvents(undefined as never, "n")).toThrow(
      "Expected `source` to have `on` or `addEventListener`, got `undefined`",
    );
  });

  test("an abort reaches the other waits on its signal though the source fails to be left", async () => {
    using time = virtualTime();
    const abort = new AbortController();
    const off = (): never => {
      throw new Error("cannot leave");
    };
    const events = fromEvents({ on: () => undefined, off }, "n", { signal: abort.signal });
    const [, rx] = mpsc.channel<number>(1);
    const waiting = outcome(rx.recv({ signal: abort.signal }));
    abort.abort("stop");
    expect([await waiting, events.tryRecv()]).toEqual(["stop", closed]);
    expect(time.failures).toMatchObject([{ task: "fromEvents", error: { message: "cannot leave" } }]);
  });

  test("refuses what cannot be left again", () => {
    const listen = (): undefined => undefined;
    expect(() => fromEvents({ addEventListener: listen } as never, "n")).toThrow(
      "Expected `source.removeEventListener` to be a function, got `undefined`",
    );
    for (const on of [listen, () => listen]) {
      expect(() => fromEvents({ on }, "n")).toThrow(
        "Expected `source` to have `off`, or its `on` to return something to dispose of, got ",
      );
    }
  });
});
