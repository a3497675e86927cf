import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { type ChannelEvent, broadcast, mpsc, oneshot, selector, watch } from "keelson/channels";
import { expect, test } from "vitest";

const kinds = ["open", "send", "recv", "close", "lag"] as const;

/** What is published while `use` runs, such as `send 1/4`: what happened and how many messages there are then. */
function published(use: () => void): readonly string[] {
  const seen: string[] = [];
  const listeners = kinds.map((kind) => {
    const listener = (message: unknown): void => {
      const { length, capacity, missed } = message as ChannelEvent;
      seen.push(`${kind} ${String(length)}/${String(capacity)}${missed === undefined ? "" : ` -${String(missed)}`}`);
      expect(Object.isFrozen(message)).toBe(true);
    };
    subscribe(`keelson:channel:${kind}`, listener);
    return [`keelson:channel:${kind}`, listener] as const;
  });
  try {
    use();
  } finally {
    for (const [name, listener] of listeners) unsubscribe(name, listener);
  }
  return seen;
}

test("an mpsc tells of each message and of its closing, whichever side closes", () => {
  const used = published(() => {
    const [tx, rx] = mpsc.channel<number>(4, { name: "jobs" });
    for (const n of [1, 2, 3]) tx.trySend(n);
    rx.tryRecv();
    void rx.recvMany(5);
    tx.close();
  });
  expect(used).toEqual([
    "open 0/4",
    "send 1/4",
    "send 2/4",
    "send 3/4",
    "recv 2/4",
    "recv 0/4",
    "recv 0/4",
    "close 0/4",
  ]);
  const closed = published(() => {
    mpsc.unbounded()[1].close();
  });
  expect(closed).toEqual(["open 0/Infinity", "close 0/Infinity"]);
});

test("a watch tells of each change, a oneshot of its value or its end", () => {
  const watched = published(() => {
    const [tx] = watch.channel(1);
    tx.send(2);
    tx.close();
  });
  expect(watched).toEqual(["open 1/1", "send 1/1", "close 1/1"]);
  const answered = published(() => {
    const [tx, rx] = oneshot.channel<number>();
    tx.send(1);
    rx.tryRecv();
    oneshot.channel()[0].close();
  });
  expect(answered).toEqual(["open 0/1", "send 1/1", "recv 0/1", "open 0/1", "close 0/1"]);
});

test("a broadcast tells of each message, of those missed, and of its closing", () => {
  const used = published(() => {
    const [tx, rx] = broadcast.channel<number>(2);
    for (const n of [1, 2, 3]) tx.send(n);
    rx.tryRecv();
    rx.tryRecv();
    tx.close();
  });
  expect(used).toEqual(["open 0/2", "send 1/2", "send 2/2", "send 2/2", "lag 2/2 -1", "recv 1/2", "close 1/2"]);
});

/** Calls `then` once, when the next event of a kind is published. */
function onNext(kind: string, then: () => void): void {
  const name = `keelson:channel:${kind}`;
  const listener = (): void => {
    unsubscribe(name, listener);
    then();
  };
  subscribe(name, listener);
}

test("a listener that sends or aborts takes nothing from a wait that was given a message", async () => {
  const [mpscTx, mpscRx] = mpsc.channel<number>(4);
  const [oneshotTx, oneshotRx] = oneshot.channel<number>();
  const [broadcastTx, broadcastRx] = broadcast.channel<number>(4);
  const [otherTx, other] = mpsc.channel<string>(4);
  const cases = [
    [mpscRx.orClosed(), () => mpscTx.trySend(1)],
    [oneshotRx.orClosed(), () => oneshotTx.send(1)],
    [broadcastRx.orClosed(), () => broadcastTx.send(1)],
  ] as const;
  for (const [received, send] of cases) {
    using sel = selector({ other, received });
    const first = sel.next();
    onNext("recv", () => otherTx.trySend("meanwhile"));
    send();
    expect(await first).toEqual({ key: "received", value: { ok: true, value: 1 } });
    expect(await sel.next()).toEqual({ key: "other", value: "meanwhile" });
  }

  const leaving = broadcastTx.subscribe();
  using sel = selector({ other, received: broadcastRx });
  const first = sel.next();
  onNext("send", () => {
    leaving.close();
  });
  onNext("recv", () => otherTx.trySend("meanwhile"));
  broadcastTx.send(3);
  expect(await first).toEqual({ key: "received", value: { ok: true, value: 3 } });

  const abort = new AbortController();
  const receiving = mpscRx.recv({ signal: abort.signal });
  onNext("recv", () => {
    abort.abort();
  });
  mpscTx.trySend(2);
  expect(await receiving).toEqual({ ok: true, value: 2 });
});

test("a listener cannot abort a send of which it was told", async () => {
  const [tx, rx] = mpsc.channel<number>(1);
  await tx.send(1);
  const abort = new AbortController();
  const sending = tx.send(2, { signal: abort.signal });
  onNext("send", () => {
    abort.abort();
  });
  rx.tryRecv();
  await sending;
  expect(rx.tryRecv()).toEqual({ ok: true, value: 2 });
});

test("handles of one channel are told apart by number, and by name where one was given", () => {
  const events: ChannelEvent[] = [];
  const listener = (message: unknown): void => void events.push(message as ChannelEvent);
  subscribe("keelson:channel:open", listener);
  mpsc.channel(1, { name: "jobs" });
  watch.channel(0);
  broadcast.channel(1);
  oneshot.channel();
  unsubscribe("keelson:channel:open", listener);
  expect(events.map(({ kind, name }) => [kind, name])).toEqual([
    ["mpsc", "jobs"],
    ["watch", undefined],
    ["broadcast", undefined],
    ["oneshot", undefined],
  ]);
  expect(new Set(events.map(({ channel }) => channel)).size).toBe(4);
  expect(events[0]).toMatchObject({ senders: 1, receivers: 1 });
});
