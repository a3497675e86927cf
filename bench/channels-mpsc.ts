import { mpsc } from "keelson/channels";
import { MinimalChannel } from "./channels-floor.js";
import { row } from "./channels-rows.js";
import type { Row } from "./harness.js";

interface Half {
  send(value: number): PromiseLike<unknown>;
}
interface OtherHalf {
  recv(): PromiseLike<unknown>;
}

/** Passes `n` messages from `producers` to one consumer, every call awaited. */
export async function pass(tx: Half, rx: OtherHalf, producers: number, n: number): Promise<void> {
  const each = Math.ceil(n / producers);
  const produce = async (): Promise<void> => {
    for (let i = 0; i < each; i += 1) await tx.send(i);
  };
  const produced = Array.from({ length: producers }, produce);
  for (let left = each * producers; left > 0; left -= 1) await rx.recv();
  await Promise.all(produced);
}

function passOurs(producers: number): (n: number) => Promise<void> {
  const [tx, rx] = mpsc.channel<number>(128);
  return (n) => pass(tx, rx, producers, n);
}

function passFloor(producers: number): (n: number) => Promise<void> {
  const channel = new MinimalChannel<number>(128);
  return (n) => pass(channel, channel, producers, n);
}

export const rows: readonly Row[] = [
  row("mpsc-bounded-1x1/floor", passOurs(1), "minimal channel", passFloor(1)),
  row("mpsc-bounded-8x1/floor", passOurs(8), "minimal channel", passFloor(8)),
];
