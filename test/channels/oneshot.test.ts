import { oneshot, select } from "keelson/channels";
import { TimeoutError } from "keelson/core";
import { expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const closed = { ok: false, reason: "closed" };

test("hands one value over, waiting or not", async () => {
  const [tx, rx] = oneshot.channel<number>();
  const waiting = rx.recv();
  expect([rx.isEmpty, rx.isTerminated, rx.tryRecv()]).toEqual([true, false, { ok: false, reason: "empty" }]);
  expect(tx.send(1)).toBe(true);
  expect([await waiting, await rx.recv(), rx.isTerminated]).toEqual([{ ok: true, value: 1 }, closed, true]);
  const [tx2, rx2] = oneshot.channel<number>();
  tx2.send(2);
  expect([rx2.isEmpty, rx2.tryRecv(), rx2.isEmpty]).toEqual([false, { ok: true, value: 2 }, true]);
});

test("a second wait gets the end", async () => {
  const [tx, rx] = oneshot.channel<number>();
  const waits = [rx.recv(), rx.recv()];
  tx.send(1);
  expect(await Promise.all(waits)).toEqual([{ ok: true, value: 1 }, closed]);
});

test("a select that also waits for the receiver to be gone gets the value that it takes", async () => {
  const [tx, rx] = oneshot.channel<number>();
  const gone = tx.closed();
  const selected = select({ gone: tx.closing(), value: rx, again: tx.closing() });
  tx.send(1);
  expect(await selected).toEqual({ key: "value", value: 1 });
  await gone;
});

test("a sender is used once", () => {
  const [tx] = oneshot.channel<number>();
  tx.send(1);
  expect(() => tx.send(2)).toThrow(TypeError);
  const [closedTx] = oneshot.channel<number>();
  closedTx.close();
  expect(() => closedTx.send(1)).toThrow(TypeError);
});

test("a sender that gives up ends it", async () => {
  const [tx, rx] = oneshot.channel<number>();
  const waiting = rx.recv();
  {
    using sender = tx;
    expect(sender.isClosed).toBe(false);
  }
  expect([await waiting, rx.tryRecv(), rx.isTerminated]).toEqual([closed, closed, true]);
});

test("closing the receiver refuses a value to come and keeps one that has come", async () => {
  const [tx, rx] = oneshot.channel<number>();
  const gone = tx.closed();
  const waiting = rx.recv();
  rx.close();
  await gone;
  expect([await waiting, tx.isClosed, tx.send(1), rx.tryRecv()]).toEqual([closed, true, false, closed]);
  const [tx2, rx2] = oneshot.channel<number>();
  tx2.send(2);
  rx2.close();
  expect(rx2.tryRecv()).toEqual({ ok: true, value: 2 });
  const [tx3, rx3] = oneshot.channel<number>();
  tx3.send(3);
  rx3[Symbol.dispose]();
  expect(rx3.tryRecv()).toEqual(closed);
});

test("is not thenable, keeps a value that is, and leaves no rejection unhandled", async () => {
  const seen: unknown[] = [];
  const note = (reason: unknown): void => void seen.push(reason);
  process.on("unhandledRejection", note);
  const thenable = { then: () => expect.unreachable() };
  const pass = async (): Promise<oneshot.Receiver<typeof thenable>> => {
    await Promise.resolve();
    const [tx, rx] = oneshot.channel<typeof thenable>();
    tx.send(thenable);
    return rx;
  };
  const rx = await pass();
  expect("then" in rx).toBe(false);
  const result = await rx.recv();
  expect(result.ok && result.value === thenable).toBe(true);
  oneshot.channel()[0].close();
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", note);
  expect(seen).toEqual([]);
});

test("waits give up without taking the value", async () => {
  const [tx, rx] = oneshot.channel<number>();
  const abort = new AbortController();
  const waiting = outcome(rx.recv({ signal: abort.signal }));
  abort.abort("no");
  tx.send(1);
  expect([await waiting, rx.tryRecv()]).toEqual(["no", { ok: true, value: 1 }]);
  const [open] = oneshot.channel();
  await expect(open.closed({ timeout: 0 })).rejects.toThrow(TimeoutError);
});
