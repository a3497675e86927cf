import { EventEmitter } from "node:events";
import { fromEvents, mpsc, select } from "keelson/channels";
import { describe, expect, test } from "vitest";
import { collectGarbage } from "../support/garbage.js";

describe("what channels retain", () => {
  test("20,000 selects against one long-lived promise and signal retain less than 1 MiB", async () => {
    const forever = new Promise<never>(() => undefined);
    const { signal } = new AbortController();
    const [tx, rx] = mpsc.channel<string>(1);
    const once = async (n: number): Promise<void> => {
      const event = select({ rx, forever, signal });
      tx.trySend(`a message of some length, number ${String(n)}`);
      await event;
    };
    for (let n = 0; n < 2000; n += 1) await once(n);
    const before = await collectGarbage();
    for (let n = 0; n < 20_000; n += 1) await once(n);
    expect((await collectGarbage()) - before).toBeLessThan(2 ** 20);
    expect(forever).toBeInstanceOf(Promise); // keeps it reachable until here
  });

  test("events that were closed are not kept by a long-lived signal", async () => {
    const emitter = new EventEmitter();
    const { signal } = new AbortController();
    const once = (): void => {
      using events = fromEvents(emitter, "n", { signal });
      emitter.emit("n", "a message");
      expect(events.length).toBe(1);
    };
    for (let n = 0; n < 2_000; n += 1) once(); // until it is compiled, which stays on the heap, too
    const before = await collectGarbage();
    for (let n = 0; n < 10_000; n += 1) once();
    expect((await collectGarbage()) - before).toBeLessThan(2 ** 18);
    expect(signal.aborted).toBe(false); // keeps it reachable until here
  });

  test("a million sends through a channel retain nothing", async () => {
    const [tx, rx] = mpsc.unbounded<{ n: number }>();
    const pass = (count: number): void => {
      for (let n = 0; n < count; n += 1) {
        tx.send({ n });
        if (n % 1000 === 999) while (rx.tryRecv().ok);
      }
    };
    pass(10_000);
    const before = await collectGarbage();
    pass(1_000_000);
    expect((await collectGarbage()) - before).toBeLessThan(2 ** 18);
    expect(rx.length).toBe(0);
  });

  test("an idle bounded channel takes at most 600 bytes", async () => {
    const count = 20_000;
    const make = (): unknown[] => Array.from({ length: count }, () => mpsc.channel<number>(100));
    make();
    const before = await collectGarbage();
    const kept = make();
    const after = await collectGarbage();
    expect(kept).toHaveLength(count);
    expect((after - before) / count).toBeLessThanOrEqual(600);
  });
});
