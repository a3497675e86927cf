import { LaggedError, broadcast } from "keelson/channels";
import { TimeoutError } from "keelson/core";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };
const empty = { ok: false, reason: "empty" };
const ok = <T>(value: T): { ok: true; value: T } => ({ ok: true, value });
const missed = (count: number): { ok: false; reason: "lagged"; missed: number } => ({
  ok: false,
  reason: "lagged",
  missed: count,
});

describe("broadcast", () => {
  test.each([0, -1, 1.5, Number.NaN])("refuses a capacity of %s", (capacity) => {
    expect(() => broadcast.channel(capacity)).toThrow(RangeError);
    expect(() => broadcast.sender(capacity)).toThrow(RangeError);
  });

  test("gives every receiver every message sent after it subscribed", async () => {
    const [tx, rx] = broadcast.channel<number>(8);
    expect(tx.send(1)).toBe(1);
    const late = tx.subscribe();
    expect(tx.send(2)).toBe(2);
    expect([await rx.recv(), rx.tryRecv(), rx.tryRecv()]).toEqual([ok(1), ok(2), empty]);
    expect([late.tryRecv(), late.tryRecv()]).toEqual([ok(2), empty]);
    expect(rx.resubscribe().tryRecv()).toEqual(empty);
  });

  test.each([1, 3, 5, 8])("keeps exactly %s messages and counts what was missed", (capacity) => {
    const [tx, rx] = broadcast.channel<number>(capacity);
    for (let n = 0; n < capacity + 7; n += 1) tx.send(n);
    expect([rx.length, rx.isEmpty, tx.length]).toEqual([capacity + 7, false, capacity]);
    expect(rx.tryRecv()).toEqual(missed(7));
    expect(rx.length).toBe(capacity);
    for (let n = 7; n < capacity + 7; n += 1) expect(rx.tryRecv()).toEqual(ok(n));
    expect([rx.tryRecv(), tx.length, tx.isEmpty]).toEqual([empty, 0, true]);
    tx.send(99);
    expect(rx.tryRecv()).toEqual(ok(99));
  });

  test("wakes all who wait; two waits on one receiver get two messages", async () => {
    const [tx, rx] = broadcast.channel<number>(4);
    const other = rx.resubscribe();
    const waits = [rx.recv(), rx.recv(), other.recv()];
    tx.send(1);
    tx.send(2);
    expect(await Promise.all(waits)).toEqual([ok(1), ok(2), ok(1)]);
    expect(other.tryRecv()).toEqual(ok(2));
  });

  test("the last sender gone: what is kept, then the end", async () => {
    const [tx, rx] = broadcast.channel<number>(4);
    const clone = tx.clone();
    tx.send(1);
    tx.close();
    tx.close();
    expect(rx.isClosed).toBe(false);
    const waiting = rx.resubscribe().recv();
    clone.close();
    expect([rx.isClosed, await rx.recv(), rx.tryRecv(), await rx.recv(), await waiting]).toEqual([
      true,
      ok(1),
      closed,
      closed,
      closed,
    ]);
  });

  test("without receivers send does nothing; closed() waits for that, subscribing ends it", async () => {
    const [tx, rx] = broadcast.channel<number>(4);
    const gone = tx.closed();
    const waiting = rx.recv();
    rx.close();
    rx[Symbol.dispose]();
    await gone;
    expect([await waiting, tx.isClosed, tx.send(1), tx.length, rx.tryRecv(), rx.length]).toEqual([
      closed,
      true,
      0,
      0,
      closed,
      0,
    ]);
    const again = tx.subscribe();
    expect([tx.isClosed, tx.receiverCount, tx.send(2), again.tryRecv()]).toEqual([false, 1, 1, ok(2)]);
    await expect(tx.closed({ timeout: 0 })).rejects.toThrow(TimeoutError);
    expect(broadcast.sender(2).send(1)).toBe(0);
  });

  test("a receiver that leaves no longer holds messages back", () => {
    const [tx, rx] = broadcast.channel<number>(8);
    const slow = tx.subscribe();
    for (const n of [1, 2, 3]) tx.send(n);
    rx.tryRecv();
    rx.tryRecv();
    expect(tx.length).toBe(3);
    slow.close();
    expect(tx.length).toBe(1);
    rx.tryRecv();
    expect(tx.length).toBe(0);
  });

  test("an abort takes no message", async () => {
    const [tx, rx] = broadcast.channel<number>(4);
    const abort = new AbortController();
    const waiting = outcome(rx.recv({ signal: abort.signal }));
    abort.abort("no");
    tx.send(1);
    expect([await waiting, rx.tryRecv()]).toEqual(["no", ok(1)]);
  });

  test("iterating throws on a lag by default, and goes on afterwards", async () => {
    const [tx, rx] = broadcast.channel<number>(2);
    for (const n of [1, 2, 3]) tx.send(n);
    const loop = async (): Promise<void> => {
      for await (const n of rx) expect.unreachable(String(n));
    };
    const error = await outcome(loop());
    expect(error).toBeInstanceOf(LaggedError);
    expect(error).toMatchObject({ code: "LAGGED", missed: 1 });
    tx.close();
    const rest: number[] = [];
    for await (const n of rx) rest.push(n);
    expect(rest).toEqual([2, 3]);
  });

  test("or skips, or reports", async () => {
    const [tx, rx] = broadcast.channel<number>(2);
    const other = rx.resubscribe();
    for (const n of [1, 2, 3]) tx.send(n);
    tx.close();
    const skipped: number[] = [];
    for await (const n of rx.messages({ lag: "skip" })) skipped.push(n);
    const reported: broadcast.Item<number>[] = [];
    for await (const item of other.messages({ lag: "report" })) reported.push(item);
    expect([skipped, reported]).toEqual([
      [2, 3],
      [missed(1), ok(2), ok(3)],
    ]);
    expect(() => rx.messages({ lag: "ignore" as "skip" })).toThrow(TypeError);
  });

  test("handles count, and know their channel", async () => {
    const [tx, rx] = broadcast.channel<number>(2);
    const weak = tx.downgrade();
    expect([tx.strongCount, tx.weakCount, rx.senderStrongCount, rx.senderWeakCount]).toEqual([1, 1, 1, 1]);
    const second = weak.upgrade();
    expect([tx.strongCount, second?.sameChannel(rx), tx.sameChannel(broadcast.sender(1))]).toEqual([2, true, false]);
    tx.close();
    second?.close();
    expect(weak.upgrade()).toBeUndefined();
    for (const use of [
      () => tx.send(1),
      () => tx.subscribe(),
      () => tx.clone(),
      () => tx.closing(),
      () => tx.downgrade(),
    ]) {
      expect(use).toThrow(TypeError);
    }
    await expect(tx.closed()).rejects.toThrow(TypeError);
  });
});
