import { broadcast, oneshot, watch } from "keelson/channels";
import { broadcastBatchPeers, broadcastPeers, watchByValuePeers, watchPeers } from "./channels-state-peers.js";
import { row } from "./channels-rows.js";
import type { Row, Work } from "./harness.js";

const receivers = 16;
const burst = 64;

/** Each burst is sent at once, then each receiver waits for it and takes it. */
function broadcasting(): Work {
  const [tx, rx] = broadcast.channel<number>(1024);
  const all = [rx, ...Array.from({ length: receivers - 1 }, () => tx.subscribe())];
  return async (n) => {
    for (let left = n; left > 0; left -= burst) {
      for (let i = 0; i < burst; i += 1) tx.send(i);
      for (const receiver of all) for (await receiver.recv(); receiver.tryRecv().ok;);
    }
  };
}

/** Two values whose watchers answer each other. */
function watching(): Work {
  const [ping, pings] = watch.channel(0);
  const [pong, pongs] = watch.channel(0);
  return async (n) => {
    const answer = async (): Promise<void> => {
      for (let i = 0; i < n; i += 1) {
        await pings.changed();
        pong.send(pings.value);
      }
    };
    const answered = answer();
    for (let i = 0; i < n; i += 1) {
      ping.send(i);
      await pongs.changed();
    }
    await answered;
  };
}

async function oneshots(n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) {
    const [tx, rx] = oneshot.channel<number>();
    tx.send(i);
    await rx.recv();
  }
}

async function promises(n: number): Promise<void> {
  for (let i = 0; i < n; i += 1) {
    let resolve!: (value: number) => void;
    const promise = new Promise<number>((given) => {
      resolve = given;
    });
    resolve(i);
    await promise;
  }
}

export const rows: readonly Row[] = [
  row("broadcast-16/best-peer", broadcasting(), broadcastPeers(receivers, burst), "rxjs buffers for nobody"),
  row(
    "broadcast-16/take-all",
    broadcasting(),
    broadcastBatchPeers(receivers, burst),
    "one by one, against in one call",
  ),
  row("watch/best-peer", watching(), watchPeers(), "the others have no wait for each change of a latest value"),
  row("watch/by-value", watching(), watchByValuePeers(), "whose wait is for another value, not for a change"),
  row("oneshot/promise", oneshots, { "new Promise": promises }),
];
