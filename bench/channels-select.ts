import { mpsc, select, selector } from "keelson/channels";
import { MinimalChannel } from "./channels-floor.js";
import { parkedSelectPeers, selectPeers } from "./channels-peers.js";
import { row } from "./channels-rows.js";
import type { Row, Work } from "./harness.js";

const burst = 63;

/** How the messages come of which each wait takes one. */
type Pace = (make: (receivers: readonly mpsc.Receiver<number>[]) => () => Promise<unknown>) => Work;

/** Messages to three channels in turn, a burst of them at a time, and then as many waits. */
const inBursts: Pace = (make) => {
  const channels = Array.from({ length: 3 }, () => mpsc.channel<number>(burst));
  const next = make(channels.map(([, rx]) => rx));
  return async (n) => {
    for (let left = n; left > 0; left -= burst) {
      for (let i = 0; i < burst; i += 1) channels[i % 3]?.[0].trySend(i);
      for (let i = 0; i < burst; i += 1) await next();
    }
  };
};

/** Each wait is parked before one of three channels, in turn, gets a message. */
const parked: Pace = (make) => {
  const channels = Array.from({ length: 3 }, () => mpsc.channel<number>(4));
  const next = make(channels.map(([, rx]) => rx));
  return async (n) => {
    for (let i = 0; i < n; i += 1) {
      const event = next();
      channels[i % 3]?.[0].trySend(i);
      await event;
    }
  };
};

function oneShot(pace: Pace): Work {
  return pace(
    ([a, b, c]) =>
      () =>
        select({ a, b, c }),
  );
}

function reused(pace: Pace): Work {
  return pace(([a, b, c]) => {
    const sel = selector({ a, b, c });
    return () => sel.next();
  });
}

/** Three long-lived channels; who loses a race stays pending and takes part in the next. */
function promiseRace(): Work {
  const channels = Array.from({ length: 3 }, () => new MinimalChannel<number>(burst));
  const pending: Promise<() => void>[] = [];
  const receive = async (index: number): Promise<() => void> => {
    await channels[index]?.recv();
    return () => {
      pending[index] = receive(index);
    };
  };
  channels.forEach((_, index) => pending.push(receive(index)));
  return async (n) => {
    for (let left = n; left > 0; left -= burst) {
      for (let i = 0; i < burst; i += 1) channels[i % 3]?.trySend(i);
      for (let i = 0; i < burst; i += 1) (await Promise.race(pending))();
    }
  };
}

/** The same where each race is parked; since it is known which channel wins, nobody needs to say so. */
function parkedRace(): Work {
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
  row("select-3-one-shot/promise-race", oneShot(inBursts), { "Promise.race": promiseRace() }),
  row("select-3-one-shot/best-peer", oneShot(inBursts), selectPeers(burst), noSelect),
  row("select-3-one-shot-parked/promise-race", oneShot(parked), { "Promise.race": parkedRace() }),
  row("select-3-one-shot-parked/best-peer", oneShot(parked), parkedSelectPeers(), noSelect),
  row("selector-3/promise-race", reused(inBursts), { "Promise.race": promiseRace() }),
  row("selector-3/best-peer", reused(inBursts), selectPeers(burst), noSelect),
  row("selector-3-parked/promise-race", reused(parked), { "Promise.race": parkedRace() }),
  row("selector-3-parked/best-peer", reused(parked), parkedSelectPeers(), noSelect),
];
