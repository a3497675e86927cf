import { mpsc } from "keelson/channels";
import type { Measure, Row } from "./harness.js";

const channels = 20_000;
const messages = 1_000_000;

/** Bytes of the heap in use once nothing is left to collect. */
async function heap(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("Expected to be run with --expose-gc");
  for (let round = 0; round < 4; round += 1) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

const idleBytes: Measure = async () => {
  const before = await heap();
  const kept = Array.from({ length: channels }, () => mpsc.channel<number>(100));
  const after = await heap();
  return (after - before) / kept.length;
};

const retained: Measure = async () => {
  const [tx, rx] = mpsc.channel<{ readonly n: number }>(128);
  const pass = async (count: number): Promise<void> => {
    const send = async (): Promise<void> => {
      for (let n = 0; n < count; n += 1) await tx.send({ n });
    };
    const sent = send();
    for (let n = 0; n < count; n += 1) await rx.recv();
    await sent;
  };
  await pass(1_000);
  const before = await heap();
  await pass(messages);
  const after = await heap();
  tx.close(); // and so both ends are alive until here
  return Math.max(0, after - before);
};

export const rows: readonly Row[] = [
  { id: "channel-idle-bytes", unit: "bytes", measure: idleBytes, note: "of an mpsc channel with room for 100" },
  { id: "retained-after-1M", unit: "bytes", measure: retained, note: "after 1 M awaited sends through a channel" },
];
