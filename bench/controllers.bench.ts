import { WorkQueue } from "../src/controllers/work-queue.js";
import { systemRuntime } from "keelson/core";
import { type Row, type Work, cpu } from "./harness.js";
import { FloorQueue, floorLoop } from "./controllers-floor.js";
import { cacheBytesPerObject, convergenceMs, filledStore, relistMs, rolloutMs } from "./controllers-scale.js";
import { keys, noopReconciles, observing } from "./controllers-loop.js";

/** Rounds before a measurement, so that what a new listener threw out of the compiler is back, and rounds measured. */
const [warmUp, measured] = [200, 400];

/** Keys a second of processor time; the work is told how many times to go through all of them. */
function keysPerSecond(work: Work): () => Promise<number> {
  return async () => {
    await work(warmUp);
    const start = cpu();
    await work(measured);
    return (measured * keys.length * 1_000) / (cpu() - start);
  };
}

function addGetDone(n: number): void {
  const queue = new WorkQueue(systemRuntime());
  for (let rounds = n; rounds > 0; rounds -= 1) {
    for (const key of keys) queue.add(key);
    for (let item = queue.get(); item !== undefined; item = queue.get()) queue.done(item);
  }
  queue.close();
}

function floorAddGetDone(n: number): void {
  const queue = new FloorQueue();
  const processing = new Set<string>();
  for (let rounds = n; rounds > 0; rounds -= 1) {
    for (const key of keys) queue.add(key);
    for (let key = queue.get(); key !== undefined; key = queue.get()) {
      processing.add(key);
      processing.delete(key);
    }
  }
}

async function floorReconciles(n: number): Promise<void> {
  const queue = new FloorQueue();
  let done = 0;
  for (let rounds = n; rounds > 0; rounds -= 1) {
    for (const key of keys) queue.add(key);
    // eslint-disable-next-line @typescript-eslint/require-await -- what is measured is an async call
    await floorLoop(queue, 8, async () => {
      done += 1;
    });
  }
  if (done < n * keys.length) throw new Error("not all were done");
}

const noop = await noopReconciles();
const many = 100_000;
let filled: ReturnType<typeof filledStore> | undefined;
const full = () => (filled ??= filledStore(many));

export const rows: readonly Row[] = [
  {
    id: "queue-add-get-done/map-loop",
    unit: "op/s",
    measure: keysPerSecond(addGetDone),
    against: { id: "map-loop", measure: keysPerSecond(floorAddGetDone) },
  },
  {
    id: "noop-reconcile/floor",
    unit: "op/s",
    measure: keysPerSecond(noop),
    against: { id: "floor", measure: keysPerSecond(floorReconciles) },
  },
  {
    id: "noop-reconcile-telemetry/noop-reconcile",
    unit: "op/s",
    measure: () => observing(() => warmUp + measured, keysPerSecond(noop)),
    against: { id: "noop-reconcile", measure: keysPerSecond(noop) },
  },
  {
    id: "cache-bytes-per-1kB-object",
    unit: "bytes",
    measure: async () => cacheBytesPerObject(await full(), many),
  },
  { id: "relist-100k", unit: "ms", measure: async () => relistMs(await full()) },
  {
    id: "cold-convergence-100k/10k",
    unit: "ms",
    measure: () => convergenceMs(many),
    against: { id: "10k", measure: () => convergenceMs(many / 10) },
  },
  { id: "rollout-10k-instances", unit: "ms", measure: () => rolloutMs(10_000) },
];
