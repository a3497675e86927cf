import { mpsc } from "keelson/channels";
import { MinimalChannel } from "./channels-floor.js";
import {
  batchPeers,
  boundedPeers,
  iteratedPeers,
  oneByOnePeers,
  pass,
  tryPeers,
  unboundedPeers,
  tightBatchPeers,
} from "./channels-peers.js";
import { row } from "./channels-rows.js";
import type { Row, Work } from "./harness.js";

const batch = 256;
const burst = 64;

/** Every call awaited, through a channel with room for 128. */
function bounded(producers: number): Work {
  const [tx, rx] = mpsc.channel<number>(128);
  return (n) =>
    pass(
      (value) => tx.send(value),
      () => rx.recv(),
      producers,
      n,
    );
}

/** The same where the consumer iterates. */
function iterated(producers: number): Work {
  const [tx, rx] = mpsc.channel<number>(128);
  const items = rx[Symbol.asyncIterator]();
  return (n) =>
    pass(
      (value) => tx.send(value),
      () => items.next(),
      producers,
      n,
    );
}

function boundedFloor(producers: number): Work {
  const channel = new MinimalChannel<number>(128);
  return (n) =>
    pass(
      (value) => channel.send(value),
      () => channel.recv(),
      producers,
      n,
    );
}

function unbounded(): Work {
  const [tx, rx] = mpsc.unbounded<number>();
  return async (n) => {
    for (let left = n; left > 0; left -= burst) {
      for (let i = 0; i < burst; i += 1) tx.send(i);
      for (let i = 0; i < burst; i += 1) await rx.recv();
    }
  };
}

/** Messages in, and out again, without waiting. */
function trying(channel: Pick<MinimalChannel<number>, "trySend">, tryRecv: () => unknown, size: number): Work {
  return (n) => {
    for (let left = n; left > 0; left -= size) {
      for (let i = 0; i < size; i += 1) channel.trySend(i);
      for (let i = 0; i < size; i += 1) tryRecv();
    }
  };
}

function oursTrying(): Work {
  const [tx, rx] = mpsc.channel<number>(128);
  return trying(tx, () => rx.tryRecv(), burst);
}

function ring(size: number): Work {
  const channel = new MinimalChannel<number>(size);
  return trying(channel, () => channel.tryRecv(), size);
}

function batches(): Work {
  const [tx, rx] = mpsc.channel<number>(batch);
  return async (n) => {
    for (let left = n; left > 0; left -= batch) {
      for (let i = 0; i < batch; i += 1) tx.trySend(i);
      await rx.recvMany(batch);
    }
  };
}

const noBound = "it-pushable, events.on and rxjs have no bound";

export const rows: readonly Row[] = [
  row("mpsc-bounded-1x1/floor", bounded(1), { "minimal channel": boundedFloor(1) }),
  row("mpsc-bounded-8x1/floor", bounded(8), { "minimal channel": boundedFloor(8) }),
  row("mpsc-bounded-1x1/best-peer", iterated(1), iteratedPeers(1), `consumers iterate; ${noBound}`),
  row("mpsc-bounded-8x1/best-peer", iterated(8), iteratedPeers(8), `consumers iterate; ${noBound}`),
  row("mpsc-bounded-1x1-recv/best-peer", bounded(1), boundedPeers(1), `consumers call; ${noBound}`),
  row("mpsc-bounded-8x1-recv/best-peer", bounded(8), boundedPeers(8), `consumers call; ${noBound}`),
  row("mpsc-unbounded-1x1/best-peer", unbounded(), unboundedPeers(burst), "rxjs calls back and receives nothing"),
  row("try-send-recv/ring", oursTrying(), { ring: ring(burst) }),
  row("try-send-recv/best-peer", oursTrying(), tryPeers(burst), "Web Streams, it-pushable and events.on always wait"),
  row("recv-many-256/ring", batches(), { ring: ring(batch) }),
  row("recv-many-256/one-by-one", batches(), oneByOnePeers(batch), "in one call of ours, in 256 of the others"),
  row(
    "recv-many-256/best-peer",
    batches(),
    batchPeers(batch),
    `effect in Effect.gen; the others receive one by one; ${noBound}`,
  ),
  row("recv-many-256/tight", batches(), tightBatchPeers(batch), "effect without a generator; it-pushable has no bound"),
];
