import { mpsc } from "keelson/channels";
import { type Order, port, simulate } from "keelson/simulation";
import { spawn } from "keelson/tasks";
import { sleep } from "keelson/time";
import type { Measure, Row } from "./harness.js";

const turns = 50_000;
const news = port<number>("news");

/** Events a second of hosts whose tasks sleep and hand messages on through channels. */
function channels(order: Order): Measure {
  return () =>
    perSecond({ order, duration: "20s" }, (host) => {
      const [tx, rx] = mpsc.channel<number>(16);
      for (let task = 0; task < 4; task += 1) {
        spawn(async () => {
          for (;;) {
            await sleep(1 + 10 * host.runtime.random());
            await tx.send(task);
          }
        });
      }
      spawn(async () => {
        while ((await rx.recv()).ok); // takes them
      });
    });
}

/** Events a second of hosts that send each other datagrams. */
function network(): Promise<number> {
  return perSecond({ order: "random", duration: "20s" }, ({ name, net }) => {
    const socket = net.socket(news);
    spawn(async () => {
      for (let count = 0; ; count += 1) {
        await sleep(5);
        socket.send(name === "a" ? "b" : "a", count);
      }
    });
    spawn(async () => {
      while ((await socket.messages.recv()).ok); // takes them
    });
  });
}

async function perSecond(
  options: { readonly order: Order; readonly duration: "20s" },
  main: Parameters<Parameters<Parameters<typeof simulate>[1]>[0]["host"]>[1],
): Promise<number> {
  const started = performance.now();
  const { events } = await simulate({ seed: 1, ...options }, (sim) => {
    for (const name of ["a", "b", "c"]) sim.host(name, main);
  });
  return (events * 1_000) / (performance.now() - started);
}

/** The least that knows when the microtasks of an event have run: one promise settled in each turn of the loop. */
async function drainFloor(): Promise<number> {
  let wake: (() => void) | undefined;
  const task = async (): Promise<void> => {
    for (;;) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  void task();
  const started = performance.now();
  await new Promise<void>((resolve) => {
    let turn = 0;
    const step = (): void => {
      if (turn === turns) {
        resolve();
        return;
      }
      turn += 1;
      wake?.();
      setImmediate(step);
    };
    setImmediate(step);
  });
  return (turns * 1_000) / (performance.now() - started);
}

const against = { id: "bare drain loop", measure: drainFloor };

export const rows: readonly Row[] = [
  { id: "events/drain-floor", unit: "event/s", measure: channels("random"), against },
  { id: "events-fifo/drain-floor", unit: "event/s", measure: channels("fifo"), against },
  { id: "events-pct/drain-floor", unit: "event/s", measure: channels("pct"), against },
  { id: "events-network/drain-floor", unit: "event/s", measure: network, against },
];
