import {
  AllBranchesDisabledError,
  broadcast,
  mpsc,
  oneshot,
  select,
  selector,
  trySelect,
  watch,
} from "keelson/channels";
import { TimeoutError } from "keelson/core";
import { CancellationToken } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { DelayQueue, interval, timer } from "keelson/time";
import { Semaphore } from "keelson/sync";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const never = new Promise<never>(() => undefined);

describe("select", () => {
  test("takes a ready value and none from the others", async () => {
    const [aTx, a] = mpsc.channel<string>(2);
    const [bTx, b] = mpsc.channel<string>(2);
    aTx.trySend("a");
    bTx.trySend("b");
    expect(await select({ a, b }, { order: "biased" })).toEqual({ key: "a", value: "a" });
    expect([a.length, b.length]).toEqual([0, 1]);
    expect(await select({ a, b })).toEqual({ key: "b", value: "b" });
  });

  test("parks at each, takes the first and leaves no trace at the others", async () => {
    const [aTx, a] = mpsc.channel<string>(2);
    const [bTx, b] = mpsc.channel<string>(2);
    const first = select({ a, b });
    bTx.trySend("b");
    aTx.trySend("a");
    expect(await first).toEqual({ key: "b", value: "b" });
    expect(a.tryRecv()).toEqual({ ok: true, value: "a" });
  });

  test("takes an array and tells the index", async () => {
    const [tx, rx] = mpsc.channel<string>(2);
    tx.trySend("x");
    expect(await select([never, rx])).toEqual({ index: 1, value: "x" });
  });

  test("keeps values that have a then", async () => {
    const thenable = { then: () => expect.unreachable() };
    const [tx, rx] = mpsc.channel<typeof thenable>(2);
    tx.trySend(thenable);
    expect((await select({ rx })).value === thenable).toBe(true);
    const parked = select({ rx });
    tx.trySend(thenable);
    expect((await parked).value === thenable).toBe(true);
  });

  test("every kind of branch", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.channel<number>(1);
    const [wtx, wrx] = watch.channel(0);
    const [btx, brx] = broadcast.channel<string>(2);
    const [otx, orx] = oneshot.channel<string>();
    const token = new CancellationToken();
    const abort = new AbortController();
    const late = timer("5s");
    const all = {
      rx,
      wrx,
      brx,
      orx,
      token,
      signal: abort.signal,
      late,
      gone: wtx.closing(),
      orClosed: brx.orClosed(),
      off: false,
      nil: null,
      undef: undefined,
    } as const;
    const next = async (cause: () => void): Promise<unknown> => {
      const event = select(all, { order: "biased" });
      cause();
      return await event;
    };
    expect(await next(() => void tx.trySend(1))).toEqual({ key: "rx", value: 1 });
    expect(await next(() => wtx.send(2))).toEqual({ key: "wrx", value: 2 });
    expect(await next(() => btx.send("b"))).toEqual({ key: "brx", value: { ok: true, value: "b" } });
    expect(await next(() => otx.send("o"))).toEqual({ key: "orx", value: "o" });
    const elapsed = select(all);
    await time.advance("5s");
    expect(await elapsed).toEqual({ key: "late", value: undefined });
    late.reset("1h");
    expect(
      await next(() => {
        wrx.close();
      }),
    ).toEqual({ key: "gone", value: undefined });
    const rest = { rx, brx, token, signal: abort.signal };
    const aborted = select(rest);
    abort.abort("why");
    expect(await aborted).toEqual({ key: "signal", value: "why" });
    const cancelled = select({ rx, token });
    token.cancel();
    expect((await cancelled).key).toBe("token");
    expect(await select({ tick: interval(100), rx })).toEqual({ key: "tick", value: 5000 });
    const semaphore = new Semaphore(1);
    expect((await select({ permit: semaphore.permits(1) })).key).toBe("permit");
  });

  test("permits, batches and sends made on winning", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const ready = await select({ permit: tx.permit(), never });
    expect(ready.key).toBe("permit");
    if (ready.key === "permit") ready.value.send(1);
    let made = 0;
    const make = (): number => {
      made += 1;
      return 42;
    };
    const losing = select({ sent: tx.sending(make), batch: rx.batch(5) }, { order: "biased" });
    expect(await losing).toEqual({ key: "batch", value: [1] });
    expect(made).toBe(0);
    expect(await select({ sent: tx.sending(make) })).toEqual({ key: "sent", value: undefined });
    const parked = select({ sent: tx.sending(make) });
    expect(rx.tryRecv()).toEqual({ ok: true, value: 42 });
    expect([made, tx.capacity]).toEqual([1, 0]);
    await parked;
    expect([made, rx.tryRecv()]).toEqual([2, { ok: true, value: 42 }]);
    const fails = (): number => {
      throw new Error("cannot make it");
    };
    expect(await outcome(select({ sent: tx.sending(fails) }))).toMatchObject({ message: "cannot make it" });
    tx.trySend(0);
    const parkedFailure = outcome(select({ sent: tx.sending(fails) }));
    rx.tryRecv();
    expect(await parkedFailure).toMatchObject({ message: "cannot make it" });
    expect(tx.capacity).toBe(1);
  });

  test("a slot that is waited for is left when another branch wins, and told of when the channel closes", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const [otherTx, other] = mpsc.channel<string>(1);
    tx.trySend(1);
    for (const slot of [tx.sending(() => 2), tx.permit()]) {
      const losing = select({ slot, other });
      otherTx.trySend("x");
      expect(await losing).toEqual({ key: "other", value: "x" });
    }
    expect(rx.tryRecv()).toEqual({ ok: true, value: 1 });
    expect([tx.capacity, rx.length]).toEqual([1, 0]);
    tx.trySend(3);
    const parked = [tx.sending(() => 4), tx.permit()].map((slot) => select({ slot }, { orElse: "closed" }));
    rx.close();
    expect((await Promise.all(parked)).map(({ key }) => key)).toEqual(["else", "else"]);
    for (const slot of [tx.sending(() => 4), tx.permit()]) {
      expect(await outcome(select({ slot }))).toBeInstanceOf(AllBranchesDisabledError);
    }
    expect(rx.length).toBe(1);
  });

  test("orClosed tells of the end that disables the receiver itself", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const [reply, answer] = oneshot.channel<number>();
    tx.trySend(1);
    expect(await select({ rx: rx.orClosed() })).toEqual({ key: "rx", value: { ok: true, value: 1 } });
    const parked = select({ rx: rx.orClosed() });
    tx[Symbol.dispose]();
    expect(await parked).toEqual({ key: "rx", value: { ok: false, reason: "closed" } });
    const gone = select({ gone: reply.closing() });
    const waiting = select({ answer: answer.orClosed() });
    reply.send(7);
    expect(await waiting).toEqual({ key: "answer", value: { ok: true, value: 7 } });
    expect(await gone).toEqual({ key: "gone", value: undefined });
    expect(await select({ answer: answer.orClosed() })).toEqual({
      key: "answer",
      value: { ok: false, reason: "closed" },
    });
    const [btx, brx] = broadcast.channel<number>(1);
    const ended = select({ brx });
    btx[Symbol.dispose]();
    expect(await outcome(ended)).toBeInstanceOf(AllBranchesDisabledError);
  });

  test("a delay queue is waited for through emptiness", async () => {
    using time = virtualTime();
    const queue = new DelayQueue<string>();
    const parked = select({ queue, never });
    const next = outcome(queue.next());
    const key = queue.insert("removed", 10);
    const other = queue.next();
    queue.remove(key);
    expect([await next, await other]).toEqual([
      { ok: false, reason: "empty" },
      { ok: false, reason: "empty" },
    ]);
    queue.insert("due", 10);
    await time.advance(10);
    expect(await parked).toMatchObject({ key: "queue", value: { value: "due", deadline: 10 } });
    queue.insert("kept", 10);
    const [tx, rx] = mpsc.channel<number>(1);
    const lost = select({ queue, rx });
    tx.trySend(1);
    expect([(await lost).key, queue.length]).toEqual(["rx", 1]);
  });

  test("waiting for a slot and a message of one channel loses neither", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const held = tx.tryReserve();
    const both = select({ message: rx, permit: tx.permit() });
    held?.send(7);
    expect(await both).toEqual({ key: "message", value: 7 });
    expect(tx.capacity).toBe(1);
  });

  test("two branches for slots of one channel take one slot", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    tx.trySend(1);
    tx.trySend(2);
    const both = select([tx.permit(), tx.permit(), rx.batch(0 + 1)], { order: "biased" });
    const event = await both;
    expect(event.index).toBe(2);
    expect(tx.capacity).toBe(1);
    const [full] = [tx.trySend(3)];
    expect(full).toBe(true);
    const parked = select([tx.permit(), tx.permit()], { order: "biased" });
    rx.tryRecv();
    const won = await parked;
    expect(won.index).toBe(0);
    expect(tx.capacity).toBe(0);
    won.value.release();
    expect(tx.capacity).toBe(1);
  });

  test("what one losing branch had gathered is not given to another", async () => {
    const semaphore = new Semaphore(2);
    const held = [semaphore.tryAcquire(), semaphore.tryAcquire()];
    const [tx, rx] = mpsc.channel<string>(1);
    const parked = select({ two: semaphore.permits(2), one: semaphore.permits(1), rx }, { order: "biased" });
    held[0]?.release();
    expect(semaphore.availablePermits).toBe(0);
    tx.trySend("x");
    expect(await parked).toEqual({ key: "rx", value: "x" });
    expect(semaphore.availablePermits).toBe(1);
  });

  test("a receiver that ends while parked disables its branch; all disabled rejects", async () => {
    const [aTx, a] = mpsc.channel<number>(1);
    const [bTx, b] = mpsc.channel<number>(1);
    const parked = select({ a, b });
    aTx.close();
    bTx.trySend(1);
    expect(await parked).toEqual({ key: "b", value: 1 });
    const last = outcome(select({ a, b }));
    bTx.close();
    expect(await last).toBeInstanceOf(AllBranchesDisabledError);
    expect(await outcome(select({ a, b, off: false }))).toMatchObject({ code: "ALL_BRANCHES_DISABLED" });
    expect(await outcome(select({}))).toBeInstanceOf(AllBranchesDisabledError);
  });

  test("orElse answers when every branch is disabled, and only then", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const waiting = select({ rx }, { orElse: "done" });
    tx.trySend(1);
    expect(await waiting).toEqual({ key: "rx", value: 1 });
    const parked = select({ rx }, { orElse: "done" });
    tx.close();
    expect(await parked).toEqual({ key: "else", value: "done" });
    expect(await select({ rx }, { orElse: "done" })).toEqual({ key: "else", value: "done" });
    expect(await select([rx], { orElse: 0 })).toEqual({ index: -1, value: 0 });
  });

  test("gives up by a signal that the code of a branch aborts", async () => {
    const abort = new AbortController();
    const [, rx] = mpsc.channel<number>(1);
    const reading: AsyncIterator<number> = {
      next: () => {
        abort.abort("no more");
        return new Promise(() => undefined);
      },
    };
    expect(await outcome(select({ rx, reading }, { signal: abort.signal }))).toBe("no more");
  });

  test("gives up by signal and timeout, taking nothing", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.channel<number>(1);
    const abort = new AbortController();
    const waiting = outcome(select({ rx }, { signal: abort.signal }));
    abort.abort("no");
    tx.trySend(1);
    expect([await waiting, rx.length]).toEqual(["no", 1]);
    expect(await outcome(select({ rx }, { signal: abort.signal }))).toBe("no");
    expect(await select({ rx }, { timeout: 0 })).toEqual({ key: "rx", value: 1 });
    expect(await outcome(select({ rx }, { timeout: 0 }))).toBeInstanceOf(TimeoutError);
    const late = outcome(select({ rx }, { timeout: "2s" }));
    await time.advance("2s");
    expect(await late).toBeInstanceOf(TimeoutError);
    const committed = select({ rx }, { signal: new AbortController().signal, timeout: "1s" });
    tx.trySend(2);
    expect(await committed).toEqual({ key: "rx", value: 2 });
    await time.runUntilIdle();
  });

  test("a promise gives its value or rejects the select; one reaction for its life", async () => {
    let reactions = 0;
    const promise = {
      then: (fulfilled?: ((value: number) => unknown) | null) => {
        reactions += 1;
        if (reactions > 1) throw new Error("asked twice");
        void Promise.resolve().then(() => fulfilled?.(5));
      },
    } as PromiseLike<number>;
    expect(await select({ promise, never })).toEqual({ key: "promise", value: 5 });
    expect(await select({ promise, never })).toEqual({ key: "promise", value: 5 });
    expect(reactions).toBe(1);
    const failing = Promise.reject(new Error("broken"));
    expect(await outcome(select({ failing, never }))).toMatchObject({ message: "broken" });
  });

  test("an item that an async iterator was asked for is kept for the next select", async () => {
    const [tx, rx] = mpsc.channel<string>(1);
    const asked: number[] = [];
    const release: ((n: number) => void)[] = [];
    const items: AsyncIterator<number> = {
      next: async () => {
        asked.push(asked.length);
        return { done: false, value: await new Promise<number>((resolve) => release.push(resolve)) };
      },
    };
    const first = select({ items, rx });
    tx.trySend("other");
    expect(await first).toEqual({ key: "rx", value: "other" });
    release.shift()?.(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await select({ items, rx })).toEqual({ key: "items", value: 1 });
    expect(asked).toEqual([0]);
  });

  test("an async iterator that ends disables its branch; one that fails rejects the select", async () => {
    async function* three(): AsyncGenerator<number> {
      await Promise.resolve();
      yield 1;
    }
    const items = three();
    expect(await select({ items })).toEqual({ key: "items", value: 1 });
    expect(await outcome(select({ items }))).toBeInstanceOf(AllBranchesDisabledError);
    expect(await outcome(select({ items }))).toBeInstanceOf(AllBranchesDisabledError);
    const failing: AsyncIterator<number> = { next: () => Promise.reject(new Error("torn")) };
    expect(await outcome(select({ failing, never }))).toMatchObject({ message: "torn" });
  });

  test("an async iterator that throws, or gives no result, has failed like one that rejects", async () => {
    for (const next of [
      () => Promise.resolve(null as never),
      () => {
        throw new TypeError("thrown");
      },
    ]) {
      const iterator: AsyncIterator<number> = { next };
      expect(await outcome(select({ iterator }))).toBeInstanceOf(TypeError);
      expect(await outcome(select({ iterator }))).toBeInstanceOf(AllBranchesDisabledError);
    }
  });

  test("code of an iterator that makes another branch ready is no lost wake", async () => {
    const [tx, rx] = mpsc.channel<string>(1);
    const items: AsyncIterator<number> = {
      next: () => {
        tx.trySend("from next");
        return never;
      },
    };
    expect(await select({ rx, items }, { order: "biased" })).toEqual({ key: "rx", value: "from next" });
  });

  test("refuses what cannot be waited for, and names that look like integers", async () => {
    expect(await outcome(select({ n: 5 as never }))).toHaveProperty("message", expect.stringContaining("`n`"));
    expect(await outcome(select({ 1: never } as never))).toBeInstanceOf(TypeError);
    expect(await outcome(select({ never }, { order: "random" as "fair" }))).toBeInstanceOf(TypeError);
    await expect(select(5 as never)).rejects.toThrow("Expected `branches` to be an object, got `5`");
    await expect(select({ never }, null as never)).rejects.toThrow("Expected `options` to be an object, got `null`");
    expect(() => selector({ never }, null as never)).toThrow("Expected `options` to be an object, got `null`");
  });

  test("fair by a shuffle from the runtime: no branch is favoured", async () => {
    using time = virtualTime({ seed: 7 });
    const counts = { a: 0, b: 0, c: 0 };
    const idle = mpsc.channel<number>(1)[1];
    for (let round = 0; round < 3000; round += 1) {
      const [a, b, c] = [0, 1, 2].map(() => watch.channel(0)[1]);
      for (const rx of [a, b, c]) rx?.markChanged();
      const event = await select({ a, idle, b, c });
      if (event.key !== "idle") counts[event.key] += 1;
    }
    expect(time.failures).toEqual([]);
    for (const count of Object.values(counts)) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });
});

describe("trySelect", () => {
  test("takes what is ready now; a promise only after it was seen to settle", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const promise = Promise.resolve("p");
    expect(trySelect({ rx, promise })).toBeUndefined();
    await Promise.resolve();
    expect(trySelect({ rx, promise })).toEqual({ key: "promise", value: "p" });
    tx.trySend(1);
    expect(trySelect({ rx, promise }, { order: "biased" })).toEqual({ key: "rx", value: 1 });
    expect(trySelect({ rx, off: false })).toBeUndefined();
    expect(trySelect([AbortSignal.abort("x")])).toEqual({ index: 0, value: "x" });
  });
});
