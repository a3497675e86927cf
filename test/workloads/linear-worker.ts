/**
 * One process of a linearizability run: some clients that call a store, and log each call before they make it. It says on
 * standard output that it is ready, and reads from standard input when to call.
 *
 * @module
 */
import { argv, stdin, stdout } from "node:process";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { HistoryLog, sharedNow } from "./history-log.js";
import { makeCall, workloads } from "./linear-client.js";
import { openAt } from "./open-store.js";

/** What a process is told. */
export interface WorkerTask {
  readonly url: string;
  readonly log: string;
  /** Different in each process. */
  readonly worker: number;
  readonly clients: number;
  /** How long all clients stay on one key. */
  readonly roundMs: number;
  /** Calls of one client on one key. */
  readonly callsPerRound: number;
}

/** When it calls, on the shared clock. */
export interface WorkerTimes {
  readonly startAt: number;
  readonly endAt: number;
}

const task = JSON.parse(argv[2] ?? "{}") as WorkerTask;
const log = new HistoryLog(task.log);
const store = await openAt(task.url);
stdout.write("ready\n");
const times = JSON.parse(await text(stdin)) as WorkerTimes;
await Promise.all(Array.from({ length: task.clients }, (_, index) => client(index)));
await store.close();
log.close();

async function client(index: number): Promise<void> {
  const { worker, clients, roundMs, callsPerRound } = task;
  const { startAt, endAt } = times;
  const self = worker * clients + index;
  let made = 0;
  // Unique over all clients; which call it makes follows from it, and is as good as chance.
  const next = (): number => self + 1_000 * Math.floor(Math.random() * 1e9);
  for (let round = Math.floor((sharedNow() - startAt) / roundMs); ; round += 1) {
    const roundAt = startAt + round * roundMs;
    if (roundAt > endAt) return;
    await sleep(Math.max(0, roundAt - sharedNow()));
    for (const [name, workload] of Object.entries(workloads)) {
      const key = `/${name}/${round}`;
      for (let call = 0; call < callsPerRound && sharedNow() < roundAt + roundMs; call += 1) {
        made += 1;
        // One call without an answer is enough for a key: they make checking exponential.
        if (!(await makeCall(log, name, `${self}-${made}`, key, workload(store, key, next)))) break;
      }
    }
  }
}
