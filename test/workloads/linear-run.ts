import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type HistoryCall,
  type SequentialModel,
  checkLinearizable,
  listAppendModel,
  registerModel,
  setModel,
} from "keelson/testing";
import { deferred } from "../../src/core/deferred.js";
import { readHistories, sharedNow } from "./history-log.js";
import type { WorkerTask, WorkerTimes } from "./linear-worker.js";

/** How long an order is searched for that explains the calls of one key. */
const timeoutMs = 60_000;

/** Breaks something until it is told to stop, and mends it then. */
export type Nemesis = (context: { readonly signal: AbortSignal; killWorker(): void }) => Promise<void>;

/** What a run is about. */
export interface LinearRun {
  readonly url: string;
  readonly seconds: number;
  readonly processes?: number;
  readonly nemesis: Nemesis;
}

/** What a run found. */
export interface LinearReport {
  readonly calls: number;
  /** Calls that nobody can know about. */
  readonly unanswered: number;
  readonly keys: number;
  /** Most calls of one key, and most of them unanswered. */
  readonly most: readonly [calls: number, unanswered: number];
  /** Keys whose history no order explains. */
  readonly illegal: readonly string[];
  /** Keys for which the search was given up. */
  readonly unknown: readonly string[];
}

const models: Readonly<Record<string, SequentialModel<never, never, never>>> = {
  register: registerModel as unknown as SequentialModel<never, never, never>,
  set: setModel as unknown as SequentialModel<never, never, never>,
  append: listAppendModel as unknown as SequentialModel<never, never, never>,
};

/** Runs register, set and append workloads from several processes on one store while `nemesis` breaks things, and checks. */
export async function linearRun({ url, seconds, processes = 4, nemesis }: LinearRun): Promise<LinearReport> {
  const folder = await mkdtemp(join(tmpdir(), "keelson-linear-"));
  try {
    const logs = await record(folder, url, seconds, processes, nemesis);
    return check(logs);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function record(
  folder: string,
  url: string,
  seconds: number,
  processes: number,
  nemesis: Nemesis,
): Promise<readonly string[]> {
  const logs: string[] = [];
  const times = deferred<WorkerTimes>();
  const running = new Map<ChildProcess, Promise<void>>();
  let output = "";
  /** Starts a process; resolves once it waits for the times. */
  const start = (): Promise<unknown> => {
    const worker = logs.length;
    const log = join(folder, `${worker}.ndjson`);
    logs.push(log);
    writeFileSync(log, ""); // a process may be killed before it has made its own
    const task: WorkerTask = { url, log, worker, clients: 2, roundMs: 500, callsPerRound: 20 };
    const args = ["--import", "tsx", "test/workloads/linear-worker.ts", JSON.stringify(task)];
    const child = spawn(execPath, args, { stdio: ["pipe", "pipe", "pipe"] });
    child.stdin.on("error", () => undefined); // it may have been killed
    void times.promise.then((known) => child.stdin.end(JSON.stringify(known)));
    child.stderr.on("data", (chunk: Buffer) => {
      output += chunk.toString();
    });
    const ended = new Promise<void>((resolve, reject) => {
      child.once("close", (code, signal) => {
        running.delete(child);
        if (code === 0 || signal === "SIGKILL") resolve();
        else reject(new Error(`a process of the workload failed: ${output}`));
      });
    });
    running.set(child, ended);
    return Promise.race([once(child.stdout, "data"), ended]);
  };
  await Promise.all(Array.from({ length: processes }, start));
  const startAt = sharedNow();
  const endAt = startAt + 1_000 * seconds;
  times.resolve({ startAt, endAt });
  const stop = new AbortController();
  const breaking = nemesis({
    signal: stop.signal,
    killWorker: () => {
      const [victim] = running.keys();
      victim?.kill("SIGKILL");
      void start();
    },
  });
  await Promise.race([sleep(endAt - sharedNow()), Promise.all(running.values())]);
  stop.abort();
  await breaking;
  await Promise.all(running.values());
  return logs;
}

function check(logs: readonly string[]): LinearReport {
  const [illegal, unknown]: [string[], string[]] = [[], []];
  let [calls, unanswered, keys, mostCalls, mostUnanswered] = [0, 0, 0, 0, 0];
  for (const [workload, history] of readHistories(logs)) {
    const model = models[workload];
    if (model === undefined) throw new Error(`there is no workload ${workload}`);
    for (const [key, ofKey] of byKey(history)) {
      const lost = ofKey.filter(({ returnedAt }) => returnedAt === undefined).length;
      keys += 1;
      calls += ofKey.length;
      unanswered += lost;
      mostCalls = Math.max(mostCalls, ofKey.length);
      mostUnanswered = Math.max(mostUnanswered, lost);
      const { verdict } = checkLinearizable(ofKey as readonly HistoryCall<never, never>[], model, { timeoutMs });
      if (verdict === "illegal") illegal.push(`${workload} ${key}`);
      if (verdict === "unknown") unknown.push(`${workload} ${key}`);
    }
  }
  return { calls, unanswered, keys, most: [mostCalls, mostUnanswered], illegal, unknown };
}

function byKey(
  history: readonly HistoryCall<unknown, unknown>[],
): ReadonlyMap<string, readonly HistoryCall<unknown, unknown>[]> {
  const keys = new Map<string, HistoryCall<unknown, unknown>[]>();
  for (const call of history) {
    const { key, set } = call.input as { readonly key?: string; readonly set?: string };
    const name = key ?? set ?? "";
    const known = keys.get(name);
    if (known === undefined) keys.set(name, [call]);
    else known.push(call);
  }
  return keys;
}
