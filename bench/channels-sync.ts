import { Mutex, Semaphore } from "keelson/sync";
import { type TaskHandle, forEachConcurrent, spawn } from "keelson/tasks";
import { row, workers } from "./channels-rows.js";
import {
  contendedMutexPeers,
  contendedSemaphorePeers,
  freeMutexPeers,
  limitPeers,
  pLimitPeer,
  spawnPeers,
} from "./channels-sync-peers.js";
import type { Row, Work } from "./harness.js";

const batch = 1_000;

function freeMutex(): Work {
  const mutex = new Mutex();
  return async (n) => {
    for (let turn = 0; turn < n; turn += 1) (await mutex.lock()).release();
  };
}

/** Workers that hold what they got while the others run. */
function contended(acquire: () => Promise<{ release(): void }>, count: number): Work {
  return (n) =>
    workers(count, n, async (turns) => {
      for (let turn = 0; turn < turns; turn += 1) {
        const held = await acquire();
        await Promise.resolve();
        held.release();
      }
    });
}

async function spawnAndJoin(n: number): Promise<void> {
  for (let left = n; left > 0; left -= batch) {
    const tasks: TaskHandle<number>[] = [];
    for (let task = 0; task < batch; task += 1) tasks.push(spawn(() => task));
    for (const task of tasks) await task.join();
  }
}

async function forEach(n: number): Promise<void> {
  const items = Array.from({ length: batch }, (_, item) => item);
  for (let left = n; left > 0; left -= batch) await forEachConcurrent(items, 10, () => Promise.resolve());
}

const mutex = new Mutex();
const semaphore = new Semaphore(10);

export const rows: readonly Row[] = [
  row("mutex-uncontended/best-peer", freeMutex(), freeMutexPeers()),
  row(
    "mutex-contended/best-peer",
    contended(() => mutex.lock(), 8),
    contendedMutexPeers(8),
  ),
  row(
    "semaphore-contended/best-peer",
    contended(() => semaphore.acquire(), 64),
    contendedSemaphorePeers(10, 64),
  ),
  row("spawn-join/best-peer", spawnAndJoin, spawnPeers(batch)),
  row("for-each-concurrent/p-limit", forEach, pLimitPeer(batch)),
  row("for-each-concurrent/best-peer", forEach, limitPeers(batch)),
];
