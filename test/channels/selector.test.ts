import { AllBranchesDisabledError, mpsc, selector } from "keelson/channels";
import { TimeoutError } from "keelson/core";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

describe("a selector", () => {
  test("is fair by starting after the last winner", async () => {
    const pairs = ["a", "b", "c"].map((name) => [name, mpsc.unbounded<number>()] as const);
    for (const [, [tx]] of pairs) for (let n = 0; n < 4; n += 1) tx.send(n);
    using sel = selector(Object.fromEntries(pairs.map(([name, [, rx]]) => [name, rx])));
    const order: string[] = [];
    for (let n = 0; n < 6; n += 1) order.push((await sel.next()).key);
    expect(order.join("")).toBe("abcabc");
    using biased = selector(Object.fromEntries(pairs.map(([name, [, rx]]) => [name, rx])), { order: "biased" });
    expect([(await biased.next()).key, (await biased.next()).key]).toEqual(["a", "a"]);
  });

  test("parks and unparks again and again without losing anything", async () => {
    const [aTx, a] = mpsc.channel<number>(4);
    const [bTx, b] = mpsc.channel<number>(4);
    using sel = selector({ a, b });
    for (let n = 0; n < 10; n += 1) {
      const waiting = sel.next();
      (n % 2 === 0 ? aTx : bTx).trySend(n);
      expect(await waiting).toEqual({ key: n % 2 === 0 ? "a" : "b", value: n });
    }
    expect([a.length, b.length]).toEqual([0, 0]);
  });

  test("iterates; leaving ends nothing", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    for (const n of [1, 2, 3]) tx.trySend(n);
    using sel = selector({ rx });
    const seen: number[] = [];
    for await (const event of sel) {
      seen.push(event.value);
      if (seen.length === 2) break;
    }
    expect([seen, rx.isClosed]).toEqual([[1, 2], false]);
    tx.close();
    expect((await sel.next()).value).toBe(3);
    expect(await outcome(sel.next())).toBeInstanceOf(AllBranchesDisabledError);
    using withElse = selector({ rx }, { orElse: 0 });
    expect(await withElse.next()).toEqual({ key: "else", value: 0 });
  });

  test("enable leaves branches out and takes them in, also while waiting", async () => {
    const [aTx, a] = mpsc.channel<number>(4);
    const [bTx, b] = mpsc.channel<number>(4);
    using sel = selector({ a, b }, { order: "biased" });
    aTx.trySend(1);
    bTx.trySend(2);
    sel.enable("a", false);
    expect(await sel.next()).toEqual({ key: "b", value: 2 });
    const waiting = sel.next();
    aTx.trySend(3);
    sel.enable("a", true);
    expect(await waiting).toEqual({ key: "a", value: 1 });
    expect(sel.tryNext()).toEqual({ key: "a", value: 3 });
    expect(sel.tryNext()).toBeUndefined();
    const parked = sel.next();
    sel.enable("a", false);
    aTx.trySend(4);
    sel.enable("a", true);
    sel.enable("a", false);
    await Promise.resolve();
    bTx.trySend(5);
    expect(await parked).toEqual({ key: "b", value: 5 });
    const nothing = outcome(sel.next());
    sel.enable("b", false);
    expect(await nothing).toBeInstanceOf(AllBranchesDisabledError);
    expect(a.length).toBe(1);
  });

  test("set puts something else in the place of a branch, also while waiting", async () => {
    const [, a] = mpsc.channel<number>(4);
    const [bTx, b] = mpsc.channel<number>(4);
    const off = false as mpsc.Receiver<number> | false;
    using sel = selector({ a, later: off });
    const waiting = sel.next();
    sel.set("a", b);
    bTx.trySend(1);
    expect(await waiting).toEqual({ key: "a", value: 1 });
    sel.set("a", false);
    expect(await outcome(sel.next())).toBeInstanceOf(AllBranchesDisabledError);
    sel.set("later", b);
    const parked = sel.next();
    bTx.trySend(2);
    expect(await parked).toEqual({ key: "later", value: 2 });
    expect(() => {
      sel.set("nobody" as "a", b);
    }).toThrow(TypeError);
    expect(() => {
      sel.set("a", 5 as never);
    }).toThrow(TypeError);
  });

  test("waits once at a time, gives up like every wait, and ends when disposed", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const sel = selector({ rx });
    const abort = new AbortController();
    const waiting = outcome(sel.next({ signal: abort.signal }));
    expect(await outcome(sel.next())).toBeInstanceOf(TypeError);
    abort.abort("no");
    expect(await waiting).toBe("no");
    expect(await outcome(sel.next({ timeout: 0 }))).toBeInstanceOf(TimeoutError);
    const pending = outcome(sel.next());
    sel[Symbol.dispose]();
    sel[Symbol.dispose]();
    expect(await pending).toBeInstanceOf(TypeError);
    expect(await outcome(sel.next())).toBeInstanceOf(TypeError);
    expect(() => sel.tryNext()).toThrow(TypeError);
    tx.trySend(1);
    expect(rx.length).toBe(1);
    using bounded = selector({ rx: mpsc.channel<number>(1)[1] }, { timeout: 0 });
    expect(await outcome(bounded.next())).toBeInstanceOf(TimeoutError);
  });

  test("a branch put in whose code makes another win is not waited for, and what it brings later is kept", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const [later, laterRx] = mpsc.channel<number>(4);
    async function* busy(): AsyncGenerator<number> {
      tx.trySend(1);
      yield* laterRx;
    }
    const off = false as AsyncIterator<number, unknown> | false;
    using sel = selector({ rx, busy: off });
    const waiting = sel.next();
    sel.set("busy", busy());
    expect(await waiting).toEqual({ key: "rx", value: 1 });
    later.trySend(2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await sel.next()).toEqual({ key: "busy", value: 2 });
  });

  test("a branch put in that wins is the one told, whatever its taking brings to the others", async () => {
    const [tx, rx] = mpsc.channel<string>(1);
    const [otherTx, other] = mpsc.channel<number>(1);
    const off = false as mpsc.Receiver<number> | ReturnType<typeof tx.sending> | false;
    using sel = selector({ other, out: off });
    const sending = sel.next();
    sel.set(
      "out",
      tx.sending(() => {
        otherTx.trySend(1);
        return "made";
      }),
    );
    expect(await sending).toEqual({ key: "out", value: undefined });
    expect([rx.tryRecv(), other.tryRecv()]).toEqual([
      { ok: true, value: "made" },
      { ok: true, value: 1 },
    ]);

    sel.set("out", false);
    const abort = new AbortController();
    const aborting = sel.next({ signal: abort.signal });
    sel.set(
      "out",
      tx.sending(() => {
        abort.abort();
        sel.set("out", false);
        return "last";
      }),
    );
    expect(await aborting).toEqual({ key: "out", value: undefined });
    expect(rx.tryRecv()).toEqual({ ok: true, value: "last" });

    otherTx.trySend(2);
    using both = selector({ slot: otherTx.permit(), message: off });
    const message = both.next();
    both.set("message", other);
    expect(await message).toEqual({ key: "message", value: 2 });
    expect(otherTx.capacity).toBe(1);
  });

  test("an iterator's code may not wait on it, and may dispose of it", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const waits: Promise<unknown>[] = [];
    const ask = { now: () => undefined as unknown };
    async function* busy(): AsyncGenerator<number> {
      ask.now();
      yield await new Promise<never>(() => undefined);
    }
    using sel = selector({ rx, busy: busy() });
    ask.now = () => waits.push(outcome(sel.next()));
    const waiting = sel.next();
    tx.trySend(1);
    expect(await waiting).toEqual({ key: "rx", value: 1 });
    expect(await waits[0]).toBeInstanceOf(TypeError);
    const gone = selector({ rx, busy: busy() });
    ask.now = () => {
      gone[Symbol.dispose]();
    };
    expect(await outcome(gone.next())).toBeInstanceOf(TypeError);
  });
});
