import { mpsc, select, selector } from "keelson/channels";
import { MinimalChannel } from "./channels-floor.js";
import { selectPeers } from "./channels-peers.js";
import { row } from "./channels-rows.js";
import type { Row, Work } from "./harness.js";

/** Each wait is parked before one of three channels, in turn, gets a message. */
function parked(make: (receivers: readonly mpsc.Receiver<number>[]) => () => Promise<unknown>): Work {
  const channels = Array.from({ length: 3 }, () => mpsc.channel<number>(4));
  const next = make(channels.map(([, rx]) => rx));
  return async (n) => {
    for (let i = 0; i < n; i += 1) {
      const event = next();
      channels[i % 3]?.[0].trySend(i);
      await event;
    }
  };
}

function oneShot(): Work {
  return parked(
    ([a, b, c]) =>
      () =>
        select({ a, b, c }),
  );
}

function reused(): Work {
  return parked(([a, b, c]) => {
    const sel = selector({ a, b, c });
    return () => sel.next();
  });
}

/** Three long-lived channels; who loses a race stays pending and takes part in the next. */
function promiseRace(): Work {
  const channels = Array.from({ length: 3 }, () => new MinimalChannel<number>(4));
  const pending = channels.map((channel) => channel.recv());
  return async (n) => {
    for (let i = 0; i < n; i += 1) {
      const index = i % 3;
      const channel = channels[index] ?? new MinimalChannel(4);
      const event = Promise.race(pending);
      channel.trySend(i);
      pending[index] = channel.recv();
      await event;
    }
  };
}

const noSelect = "the others wait for one thing at a time";

export const rows: readonly Row[] = [
  row("select-3-one-shot/promise-race", oneShot(), { "Promise.race": promiseRace() }),
  row("select-3-one-shot/best-peer", oneShot(), selectPeers(), noSelect),
  row("selector-3/promise-race", reused(), { "Promise.race": promiseRace() }),
  row("selector-3/best-peer", reused(), selectPeers(), noSelect),
];
