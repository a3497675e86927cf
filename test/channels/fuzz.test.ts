import { mpsc, selector } from "keelson/channels";
import type { Selectable } from "keelson/core";
import { describe, expect, test } from "vitest";
import { runs } from "../support/deep.js";

/** Mulberry32: a seed that fails is a seed that fails again. */
function generator(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("selectors over shared channels, with random aborts", () => {
  test.each([1, 2, 3, 4])("lose nothing, double nothing and leave no waiter behind (seed %s)", async (seed) => {
    const messages = runs(250_000);
    const random = generator(seed);
    const channels = Array.from({ length: 8 }, () => mpsc.channel<number>(1 + random(4)));
    const forever = new Promise<never>(() => undefined);
    const root = new AbortController();
    const stop = new AbortController();
    const got = new Uint8Array(messages);
    let doubled = 0;
    let aborted = 0;

    const consume = async (): Promise<void> => {
      const chosen = channels.filter(() => random(2) === 0).slice(0, 5);
      const receivers = (chosen.length === 0 ? channels : chosen).map(([, rx]) => rx);
      using sel = selector([stop.signal, forever, ...receivers], { order: random(2) === 0 ? "fair" : "biased" });
      for (;;) {
        const abort = random(4) === 0 ? new AbortController() : undefined;
        const next = sel.next({ signal: abort?.signal ?? root.signal });
        if (abort !== undefined && random(2) === 0) abort.abort();
        else if (abort !== undefined)
          setImmediate(() => {
            abort.abort();
          });
        let event: { readonly index: number; readonly value: unknown };
        try {
          event = await next;
        } catch {
          aborted += 1;
          continue;
        }
        if (event.index === 0) return;
        const id = event.value as number;
        if (got[id] === 1) doubled += 1;
        got[id] = 1;
      }
    };
    const consumers = Array.from({ length: 20 }, consume);
    // Whatever was not chosen by any selector is drained at the end.
    for (let id = 0; id < messages;) {
      const [tx] = channels[random(8)] ?? expect.unreachable();
      const how = random(3);
      if (how === 0) {
        if (tx.trySend(id)) id += 1;
        else await turn();
      } else {
        const abort = new AbortController();
        const send = tx.send(id, { signal: abort.signal }).then(
          () => true,
          () => false,
        );
        if (how === 1)
          setImmediate(() => {
            abort.abort();
          });
        if ((await Promise.race([send, turn().then(() => undefined)])) === undefined) abort.abort();
        if (await send) id += 1;
      }
      if (id % 5000 === 0) await turn();
    }
    for (let waited = 0; waited < 50; waited += 1) await turn();
    stop.abort();
    await Promise.all(consumers);
    for (const [, rx] of channels) {
      for (let result = rx.tryRecv(); result.ok; result = rx.tryRecv()) {
        if (got[result.value] === 1) doubled += 1;
        got[result.value] = 1;
      }
    }
    expect({ lost: messages - got.reduce((sum, one) => sum + one, 0), doubled }).toEqual({ lost: 0, doubled: 0 });
    expect(aborted).toBeGreaterThan(0);
    // A waiter left behind would take what is sent now.
    for (const [tx, rx] of channels) {
      expect(tx.capacity).toBe(tx.maxCapacity);
      for (let n = 0; n < tx.maxCapacity; n += 1) tx.trySend(n);
      expect(rx.length).toBe(tx.maxCapacity);
    }
  });
});

describe("a selector whose branches are replaced while it waits, and run code that sends, receives and replaces", () => {
  test.each([1, 2, 3, 4])("tells of each branch that won, and of no message twice (seed %s)", async (seed) => {
    const random = generator(seed);
    const channels = Array.from({ length: 3 }, () => mpsc.channel<number>(1 + random(2)));
    const pick = (): (typeof channels)[number] => channels[random(3)] ?? expect.unreachable();
    const unseen = new Set<number>();
    const counts = { sent: 0, made: 0, told: 0, doubled: 0 };
    const see = (id: number): void => {
      if (!unseen.delete(id)) counts.doubled += 1;
    };
    const act = (): void => {
      const [tx, rx] = pick();
      const what = random(4);
      if (what === 0) sel.set(random(3), branch());
      else if (what === 1) {
        const taken = rx.tryRecv();
        if (taken.ok) see(taken.value);
      } else if (tx.trySend(counts.sent + 1)) unseen.add((counts.sent += 1));
    };
    const make = (): number => {
      act();
      act();
      counts.made += 1;
      unseen.add((counts.sent += 1));
      return counts.sent;
    };
    const branch = (): mpsc.Receiver<number> | Selectable<mpsc.Permit<number>> | Selectable<void> => {
      const [tx, rx] = pick();
      return [rx, tx.permit(), tx.sending(make)][random(3)] ?? expect.unreachable();
    };
    using sel = selector([branch(), branch(), branch()] as ReturnType<typeof branch>[]);
    for (let left = runs(20_000); left > 0; left -= 1) {
      const wait = { isOver: false };
      const next = sel.next().finally(() => {
        wait.isOver = true;
      });
      while (!wait.isOver) {
        act();
        await (random(4) === 0 ? turn() : undefined);
      }
      const { value } = await next;
      if (value === undefined) counts.told += 1;
      else if (typeof value === "number") see(value);
      else value.release();
    }
    for (const [tx, rx] of channels) {
      for (let taken = rx.tryRecv(); taken.ok; taken = rx.tryRecv()) see(taken.value);
      expect(tx.capacity).toBe(tx.maxCapacity);
    }
    expect({ lost: unseen.size, doubled: counts.doubled, told: counts.told }).toEqual({
      lost: 0,
      doubled: 0,
      told: counts.made,
    });
  });
});
