import { ChannelClosedError, mpsc, select } from "keelson/channels";
import { TimeoutError, WaiterNode } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { describe, expect, expectTypeOf, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };
const empty = { ok: false, reason: "empty" };
const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });

describe("a bounded channel", () => {
  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])("refuses a capacity of %s", (capacity) => {
    expect(() => mpsc.channel(capacity)).toThrow(RangeError);
  });

  test("delivers in order and counts its slots", async () => {
    const [tx, rx] = mpsc.channel<number>(3);
    await tx.send(1);
    await tx.send(2);
    expect([tx.capacity, tx.maxCapacity, rx.capacity, rx.maxCapacity, rx.length, rx.isEmpty]).toEqual([
      1,
      3,
      1,
      3,
      2,
      false,
    ]);
    expect([await rx.recv(), await rx.recv()]).toEqual([ok(1), ok(2)]);
    expect([rx.length, rx.isEmpty, tx.capacity]).toEqual([0, true, 3]);
  });

  test("makes senders wait while it is full, in order", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const done: number[] = [];
    const sends = [1, 2, 3].map((n) => tx.send(n).then(() => done.push(n)));
    await Promise.resolve();
    expect(done).toEqual([1]);
    expect(await rx.recv()).toEqual(ok(1));
    expect(done).toEqual([1, 2]);
    expect([await rx.recv(), await rx.recv()]).toEqual([ok(2), ok(3)]);
    await Promise.all(sends);
  });

  test("assigns a freed slot to the head of the queue, so that trySend cannot barge in", () => {
    const [tx, rx] = mpsc.channel<number>(1);
    expect(tx.trySend(1)).toBe(true);
    void tx.send(2);
    expect(rx.tryRecv()).toEqual(ok(1));
    expect(tx.trySend(3)).toBe(false);
    expect(tx.isClosed).toBe(false);
    expect(tx.capacity).toBe(0);
    expect(rx.tryRecv()).toEqual(ok(2));
    expect(rx.tryRecv()).toEqual(empty);
  });

  test("serves concurrent receives in order", async () => {
    const [tx, rx] = mpsc.channel<string>(4);
    const all = [rx.recv(), rx.recv(), rx.recv()];
    tx.trySend("a");
    tx.trySend("b");
    tx.close();
    expect(await Promise.all(all)).toEqual([ok("a"), ok("b"), closed]);
  });

  test("carries undefined, and messages that have a then", async () => {
    const [tx, rx] = mpsc.channel<unknown>(4);
    const thenable = { then: () => expect.unreachable() };
    tx.trySend(undefined);
    tx.trySend(thenable);
    tx.trySend(thenable);
    tx.trySend(thenable);
    expect(await rx.recv()).toEqual(ok(undefined));
    const parcel = await rx.recv();
    expect(parcel.ok && parcel.value === thenable).toBe(true);
    for await (const message of rx) {
      expect(message === thenable).toBe(true);
      break;
    }
    expect((await rx.recvMany(5))[0] === thenable).toBe(true);
    const parked = rx.recv();
    tx.trySend(thenable);
    expect(await parked).toHaveProperty("value", thenable);
  });
});

describe("closing", () => {
  test("the last sender gone: drain, then end", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const clone = tx.clone();
    expect([tx.strongCount, rx.senderStrongCount]).toEqual([2, 2]);
    await tx.send(1);
    tx.close();
    tx.close();
    expect(rx.isClosed).toBe(false);
    await clone.send(2);
    clone.close();
    expect([rx.isClosed, rx.length, rx.senderStrongCount, clone.isClosed]).toEqual([true, 2, 0, false]);
    expect([await rx.recv(), rx.tryRecv(), rx.tryRecv(), await rx.recv()]).toEqual([ok(1), ok(2), closed, closed]);
  });

  test("the receiver closing: refuse, fail those who wait, keep messages and permits", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const permit = await tx.reserve();
    await tx.send(1);
    const waiting = [tx.send(7), tx.reserve(), tx.reserveMany(2)].map(outcome);
    rx.close();
    rx.close();
    const errors = await Promise.all(waiting);
    expect(errors.map((error) => error instanceof ChannelClosedError)).toEqual([true, true, true]);
    expect((errors[0] as ChannelClosedError).value).toBe(7);
    expect(tx.trySend(8)).toBe(false);
    expect([tx.isClosed, tx.tryReserve(), tx.tryReserveMany(0)]).toEqual([true, undefined, undefined]);
    await expect(tx.send(9)).rejects.toMatchObject({ code: "CHANNEL_CLOSED", value: 9 });
    await expect(tx.reserve()).rejects.toThrow(ChannelClosedError);
    expect(await rx.recv()).toEqual(ok(1));
    expect(rx.tryRecv()).toEqual(empty);
    const last = rx.recv();
    const end = rx.recv();
    permit.send(2);
    expect([await last, await end]).toEqual([ok(2), closed]);
  });

  test("a released permit lets a closed channel end", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const batch = await tx.reserveMany(2);
    rx.close();
    const end = rx.recv();
    batch.release();
    expect(await end).toEqual(closed);
  });

  test("disposing the receiver discards what is there and what permits still bring", async () => {
    const discarded: number[] = [];
    const [tx, rx] = mpsc.channel<number>(3, { onDiscard: (n) => discarded.push(n) });
    const permit = await tx.reserve();
    await tx.send(1);
    await tx.send(2);
    const queued = outcome(tx.send(3));
    rx[Symbol.dispose]();
    rx[Symbol.dispose]();
    permit.send(4);
    expect(discarded).toEqual([1, 2, 4]);
    expect(await queued).toMatchObject({ value: 3 });
    expect(await rx.recv()).toEqual(closed);
  });

  test("an error in onDiscard is reported and stops nothing", () => {
    using time = virtualTime();
    let left = 2;
    const [tx, rx] = mpsc.channel<number>(3, {
      onDiscard: () => {
        left -= 1;
        throw new Error("no");
      },
    });
    tx.trySend(1);
    tx.trySend(2);
    rx[Symbol.dispose]();
    expect(left).toBe(0);
    expect(time.failures).toHaveLength(2);
  });

  test("a sender closed by its own hand may not be used", async () => {
    const [tx] = mpsc.channel<number>(1);
    tx.close();
    expect(() => tx.trySend(1)).toThrow(TypeError);
    expect(() => tx.tryReserve()).toThrow(TypeError);
    expect(() => tx.clone()).toThrow(TypeError);
    expect(() => tx.downgrade()).toThrow(TypeError);
    expect(() => tx.tryReserveMany(1)).toThrow(TypeError);
    expect(() => tx.permit()).toThrow(TypeError);
    expect(() => tx.sending(() => 1)).toThrow(TypeError);
    expect(() => tx.closing()).toThrow(TypeError);
    for (const call of [tx.send(1), tx.reserve(), tx.reserveMany(1), tx.closed()]) {
      await expect(call).rejects.toThrow(TypeError);
    }
  });

  test("closed() looks at the receiver only", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    await expect(tx.closed({ timeout: 0 })).rejects.toThrow(TimeoutError);
    const gone = tx.closed();
    rx.close();
    await gone;
    await tx.closed();
  });

  test("the error keeps the message out of its text", () => {
    const error = new ChannelClosedError({ password: "hunter2" });
    expect(error.value.password).toBe("hunter2");
    expect(error.message).not.toContain("hunter2");
  });
});

describe("cancelling", () => {
  test("a call with an aborted signal does nothing", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const signal = AbortSignal.abort("enough");
    for (const call of [tx.send(1, { signal }), tx.reserve({ signal }), tx.reserveMany(1, { signal })]) {
      expect(await outcome(call)).toBe("enough");
    }
    expect(tx.capacity).toBe(1);
    tx.trySend(1);
    for (const call of [rx.recv({ signal }), rx.recvMany(2, { signal }), rx.readable({ signal })]) {
      expect(await outcome(call)).toBe("enough");
    }
    expect(rx.length).toBe(1);
  });

  test("an aborted send was surely not sent, and its place goes to the next", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const abort = new AbortController();
    tx.trySend(1);
    const second = outcome(tx.send(2, { signal: abort.signal }));
    const third = tx.send(3);
    abort.abort("changed my mind");
    expect(await second).toBe("changed my mind");
    expect([rx.tryRecv(), rx.tryRecv(), rx.tryRecv()]).toEqual([ok(1), ok(3), empty]);
    await third;
  });

  test("an abort in the same turn as the message, after it, does nothing", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const abort = new AbortController();
    const recv = rx.recv({ signal: abort.signal });
    tx.trySend(1);
    abort.abort();
    expect(await recv).toEqual(ok(1));
    const again = new AbortController();
    const late = outcome(rx.recv({ signal: again.signal }));
    again.abort("first");
    tx.trySend(2);
    expect(await late).toBe("first");
    expect(rx.tryRecv()).toEqual(ok(2));
  });

  test("a timeout rejects and leaves nothing behind", async () => {
    using time = virtualTime();
    const [tx, rx] = mpsc.channel<number>(1);
    const recv = outcome(rx.recv({ timeout: "5s" }));
    await time.advance("4s");
    await time.advance("1s");
    expect(await recv).toBeInstanceOf(TimeoutError);
    tx.trySend(1);
    expect(await outcome(tx.send(2, { timeout: 0 }))).toBeInstanceOf(TimeoutError);
    expect(rx.tryRecv()).toEqual(ok(1));
    expect(rx.tryRecv()).toEqual(empty);
    await time.runUntilIdle();
  });
});

describe("permits", () => {
  test("a permit is a slot: sent once, or given back once", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const permit = await tx.reserve();
    expect([tx.capacity, tx.strongCount, permit.isSpent]).toEqual([1, 2, false]);
    permit.send(1);
    expect([tx.capacity, tx.strongCount, permit.isSpent]).toEqual([1, 1, true]);
    expect(() => {
      permit.send(2);
    }).toThrow(TypeError);
    permit.release();
    expect(tx.capacity).toBe(1);
    {
      using spare = tx.tryReserve();
      expect(spare).toBeDefined();
      expect([tx.tryReserve(), tx.trySend(9), tx.capacity]).toEqual([undefined, false, 0]);
    }
    expect([rx.length, tx.capacity]).toEqual([1, 1]);
  });

  test("a permit that is out counts as a sender", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const weak = tx.downgrade();
    const permit = await tx.reserve();
    tx.close();
    expect([rx.isClosed, rx.tryRecv(), weak.strongCount]).toEqual([false, empty, 1]);
    const revived = weak.upgrade();
    revived?.close();
    const recv = rx.recv();
    permit.send(5);
    expect([await recv, await rx.recv(), weak.upgrade()]).toEqual([ok(5), closed, undefined]);
  });

  test("reserveMany gathers slots at the head, and nobody overtakes it", async () => {
    const [tx, rx] = mpsc.channel<number>(3);
    for (const n of [1, 2, 3]) tx.trySend(n);
    let got: mpsc.PermitBatch<number> | undefined;
    const many = tx.reserveMany(3).then((batch) => (got = batch));
    const after = tx.send(9);
    rx.tryRecv();
    rx.tryRecv();
    expect([tx.capacity, tx.trySend(8), tx.tryReserveMany(1)]).toEqual([0, false, undefined]);
    await Promise.resolve();
    expect(got).toBeUndefined();
    rx.tryRecv();
    await many;
    expect(got?.length).toBe(3);
    for (const permit of got ?? []) {
      permit.send(4);
      break;
    }
    expect(got?.length).toBe(2);
    got?.[Symbol.dispose]();
    await after;
    expect(await rx.recvMany(9)).toEqual([4, 9]);
    expect(tx.capacity).toBe(3);
  });

  test("an aborted reserveMany returns what it gathered to the next", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    tx.trySend(1);
    tx.trySend(2);
    const abort = new AbortController();
    const many = outcome(tx.reserveMany(2, { signal: abort.signal }));
    const next = tx.send(3);
    rx.tryRecv();
    abort.abort("never mind");
    expect(await many).toBe("never mind");
    await next;
    expect(await rx.recvMany(5)).toEqual([2, 3]);
    expect(tx.capacity).toBe(2);
  });

  test("an aborted reserveMany lets a send behind it reach who waits for a message", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const permit = tx.tryReserve();
    const abort = new AbortController();
    const many = outcome(tx.reserveMany(2, { signal: abort.signal }));
    const sent = tx.send(1);
    const received = rx.recv();
    abort.abort("never mind");
    expect(await many).toBe("never mind");
    expect(await received).toEqual(ok(1));
    await sent;
    permit?.release();
    expect(tx.capacity).toBe(2);
  });

  test("gathers what is free when it queues", async () => {
    const [tx, rx] = mpsc.channel<number>(3);
    tx.trySend(1);
    const many = tx.reserveMany(3);
    expect(tx.capacity).toBe(0);
    rx.tryRecv();
    expect((await many).length).toBe(3);
  });

  test("refuses what could never be had, at once; nothing is always to be had", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    await expect(tx.reserveMany(3)).rejects.toThrow(RangeError);
    expect(() => tx.tryReserveMany(-1)).toThrow(RangeError);
    tx.trySend(1);
    tx.trySend(2);
    expect((await tx.reserveMany(0)).length).toBe(0);
    expect(tx.tryReserveMany(0)?.length).toBe(0);
    const queued = tx.send(3);
    expect((await tx.reserveMany(0)).length).toBe(0);
    expect(tx.tryReserveMany(0)?.length).toBe(0);
    rx.close();
    await expect(queued).rejects.toThrow(ChannelClosedError);
    expect(tx.tryReserveMany(0)).toBeUndefined();
  });

  test("a message brought by a permit reaches a parked receiver; a released slot, a queued sender", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const permit = await tx.reserve();
    const queued = tx.send(2);
    const received = rx.recv();
    permit.release();
    await queued;
    expect(await received).toEqual(ok(2));
  });
});

describe("receiving in batches", () => {
  test("recvMany takes what is there, waits for the first, is empty at the end", async () => {
    const [tx, rx] = mpsc.channel<number>(10);
    for (let n = 0; n < 5; n += 1) tx.trySend(n);
    expect(await rx.recvMany(3)).toEqual([0, 1, 2]);
    expect(await rx.recvMany(3)).toEqual([3, 4]);
    expect(await rx.recvMany(0)).toEqual([]);
    const waiting = rx.recvMany(3);
    tx.trySend(5);
    expect(await waiting).toEqual([5]);
    tx.close();
    expect(await rx.recvMany(3)).toEqual([]);
    await expect(rx.recvMany(-1)).rejects.toThrow(RangeError);
  });

  test("recvMany into an array appends and counts", async () => {
    const [tx, rx] = mpsc.channel<number>(10);
    const into = [9];
    const waiting = rx.recvMany(3, { into });
    tx.trySend(1);
    expect([await waiting, into]).toEqual([1, [9, 1]]);
    tx.close();
    expect([await rx.recvMany(3, { into }), into]).toEqual([0, [9, 1]]);
    expectTypeOf(rx.recvMany(1)).resolves.toEqualTypeOf<number[]>();
    expectTypeOf(rx.recvMany(1, { into })).resolves.toEqualTypeOf<number>();
  });

  test("recvMany into what is no array takes nothing", async () => {
    const [tx, rx] = mpsc.channel<number>(10);
    tx.trySend(1);
    for (const into of [{}, null, "abc"]) {
      expect(await outcome(rx.recvMany(1, { into: into as never }))).toMatchObject({
        message: expect.stringMatching(/^Expected `into` to be an array, got /) as string,
      });
    }
    expect(rx.length).toBe(1);
  });

  test("a batch that was waited for holds the message that came", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const batches = rx.batches(2)[Symbol.asyncIterator]();
    const next = batches.next();
    await tx.send(1);
    expect(await next).toEqual({ done: false, value: [1] });
  });

  test("batches iterates over arrays", async () => {
    const [tx, rx] = mpsc.channel<number>(10);
    for (let n = 0; n < 5; n += 1) tx.trySend(n);
    tx.close();
    const seen: number[][] = [];
    for await (const batch of rx.batches(2)) seen.push(batch);
    expect(seen).toEqual([[0, 1], [2, 3], [4]]);
    expect(() => rx.batches(0)).toThrow(RangeError);
    expect(() => rx.batch(0)).toThrow(RangeError);
  });

  test("a batch frees as many slots as it took", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const sends = [1, 2, 3, 4, 5].map((n) => tx.send(n));
    expect(await rx.recvMany(5)).toEqual([1, 2]);
    expect(await rx.recvMany(5)).toEqual([3, 4]);
    expect(await rx.recvMany(5)).toEqual([5]);
    await Promise.all(sends);
  });

  test("a waiter that sends while it is given a message loses no slot", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const source = rx["~source"];
    const echo = Object.assign(new WaiterNode(source), {
      commit: (value: number) => void tx.trySend(value + 1),
      fail: () => undefined,
      disable: () => undefined,
    });
    source.arm(echo);
    const [second, third] = [rx.recv(), rx.recv()];
    tx.trySend(1);
    tx.trySend(3);
    expect([await second, await third, tx.capacity]).toEqual([ok(2), ok(3), 2]);
  });

  test("a message passes the buffer on its way to who waits, and comes before those sent after it", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const [items, closed] = [rx[Symbol.asyncIterator](), rx.orClosed()];
    const waits = [rx.recv(), items.next(), select({ closed }), rx.recvMany(5), rx.readable()];
    for (const n of [1, 2, 3, 4, 5]) expect([tx.trySend(n), tx.capacity]).toEqual([true, n < 5 ? 2 : 1]);
    expect(await Promise.all(waits)).toEqual([
      ok(1),
      { done: false, value: 2 },
      { key: "closed", value: ok(3) },
      [4],
      true,
    ]);
    expect(rx.tryRecv()).toEqual(ok(5));
  });

  test("readable takes nothing", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const [first, second, taken] = [rx.readable(), rx.readable(), rx.recv()];
    tx.trySend(1);
    expect([await first, await second, await taken]).toEqual([true, true, ok(1)]);
    tx.trySend(2);
    expect([await rx.readable(), rx.length]).toEqual([true, 1]);
    rx.tryRecv();
    const end = rx.readable();
    tx.close();
    expect([await end, await rx.readable()]).toEqual([false, false]);
  });
});

describe("iterating", () => {
  test("ends at the end; leaving closes nothing", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    for (const n of [1, 2, 3]) tx.trySend(n);
    for await (const n of rx) if (n === 2) break;
    expect(rx.isClosed).toBe(false);
    tx.close();
    const rest: number[] = [];
    for await (const n of rx) rest.push(n);
    expect(rest).toEqual([3]);
  });

  test("an abandoned iterator takes no message", async () => {
    const [tx, rx] = mpsc.channel<number>(4);
    const iterator = rx[Symbol.asyncIterator]();
    const pending = iterator.next();
    const other = rx.recv();
    expect(await iterator.return?.()).toEqual({ done: true, value: undefined });
    expect(await pending).toEqual({ done: true, value: undefined });
    tx.trySend(1);
    expect(await other).toEqual(ok(1));
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });
});

describe("an unbounded channel", () => {
  test("never waits and keeps order over many chunks", async () => {
    const [tx, rx] = mpsc.unbounded<number>();
    const numbers = Array.from({ length: 1000 }, (_, n) => n);
    for (const n of numbers) tx.send(n);
    expect([rx.length, rx.capacity]).toEqual([1000, Number.POSITIVE_INFINITY]);
    expect(await rx.recvMany(64)).toHaveLength(64);
    expect(tx.trySend(1000)).toBe(true);
    expect(await rx.recvMany(2000)).toEqual([...numbers.slice(64), 1000]);
    tx.send(5);
    expect(rx.tryRecv()).toEqual(ok(5));
  });

  test("throws the message back once the receiver is gone", () => {
    const [tx, rx] = mpsc.unbounded<number>();
    const clone = tx.clone();
    rx.close();
    expect(() => {
      tx.send(1);
    }).toThrow(ChannelClosedError);
    expect(clone.trySend(1)).toBe(false);
    clone.close();
    expect(() => {
      clone.send(1);
    }).toThrow(TypeError);
    expect(() => clone.clone()).toThrow(TypeError);
    expect(() => clone.downgrade()).toThrow(TypeError);
  });
});

describe("handles", () => {
  test("weak ones do not keep the channel open", async () => {
    const [tx, rx] = mpsc.channel<number>(1);
    const weak = tx.downgrade();
    const second = weak.clone();
    expect([tx.weakCount, rx.senderWeakCount, weak.weakCount, weak.strongCount]).toEqual([2, 2, 2, 1]);
    const upgraded = weak.upgrade();
    expect(upgraded?.sameChannel(tx)).toBe(true);
    expect(tx.strongCount).toBe(2);
    tx.close();
    upgraded?.close();
    expect(weak.upgrade()).toBeUndefined();
    expect(await rx.recv()).toEqual(closed);
    weak.close();
    weak[Symbol.dispose]();
    expect(second.weakCount).toBe(1);
    expect(() => weak.upgrade()).toThrow(TypeError);
    expect(() => weak.clone()).toThrow(TypeError);
    const [free] = mpsc.unbounded<number>();
    const weakFree = free.downgrade();
    weakFree.upgrade()?.send(1);
    free.close();
  });

  test("know their channel", async () => {
    const [tx, rx] = mpsc.channel<number>(2);
    const [other] = mpsc.channel<number>(2);
    const permit = await tx.reserve();
    const batch = await tx.reserveMany(1);
    expect([tx.clone(), rx, permit, batch, tx.downgrade()].map((handle) => tx.sameChannel(handle))).toEqual(
      Array(5).fill(true),
    );
    expect(permit.sameChannel(other)).toBe(false);
    expect(tx.sameChannel({})).toBe(false);
  });
});
