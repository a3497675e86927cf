import { WorkQueue } from "../src/controllers/work-queue.js";
import { systemRuntime } from "keelson/core";
import { type Row, opsPerSecond } from "./harness.js";
import { FloorQueue } from "./controllers-floor.js";

const keys = Array.from({ length: 1_000 }, (_, n) => `default/app-${n}`);

function addGetDone(n: number): void {
  const queue = new WorkQueue(systemRuntime());
  for (let left = n; left > 0; left -= keys.length) {
    for (const key of keys) queue.add(key);
    for (let item = queue.get(); item !== undefined; item = queue.get()) queue.done(item);
  }
  queue.close();
}

function floorAddGetDone(n: number): void {
  const queue = new FloorQueue();
  const processing = new Set<string>();
  for (let left = n; left > 0; left -= keys.length) {
    for (const key of keys) queue.add(key);
    for (let key = queue.get(); key !== undefined; key = queue.get()) {
      processing.add(key);
      processing.delete(key);
    }
  }
}

export const rows: readonly Row[] = [
  {
    id: "queue-add-get-done/map-loop",
    unit: "op/s",
    measure: opsPerSecond(addGetDone),
    against: { id: "map-loop", measure: opsPerSecond(floorAddGetDone) },
  },
];
