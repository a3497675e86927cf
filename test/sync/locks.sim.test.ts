import { expect, test } from "vitest";
import { currentRuntime } from "keelson/core";
import { simTest } from "keelson/simulation";
import { Mutex, Semaphore } from "keelson/sync";
import { spawn } from "keelson/tasks";
import { sleep } from "keelson/time";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";

const schedules = { test, runs: runs(500), timeoutMs: 600_000 };

async function joinAll(tasks: readonly { join(): Promise<unknown> }[]): Promise<void> {
  for (const task of tasks) await task.join();
}

simTest("a mutex admits one at a time, and everybody in the end, though some give up", schedules, async (sim) => {
  const host = sim.host("host", async ({ runtime }) => {
    const mutex = new Mutex();
    let inside = 0;
    let entered = 0;
    let gaveUp = 0;
    const workers = [0, 1, 2, 3].map((worker) =>
      spawn(async () => {
        for (let turn = 0; turn < 5; turn += 1) {
          const guard = await outcome(mutex.lock(worker === 0 ? { timeout: 1 } : {}));
          if (guard instanceof Error) {
            gaveUp += 1;
            continue;
          }
          inside += 1;
          expect(inside).toBe(1);
          await (runtime.random() < 0.5 ? sleep(1) : currentRuntime().yieldNow());
          inside -= 1;
          entered += 1;
          (guard as Disposable)[Symbol.dispose]();
        }
      }),
    );
    await joinAll(workers);
    expect(entered + gaveUp).toBe(20);
    expect(mutex.tryLock()).toBeDefined();
    sim.sometimes("somebody gave up", gaveUp > 0);
  });
  await sim.until(() => host.isDone);
});

simTest("a semaphore never admits more than it has, and has all again in the end", schedules, async (sim) => {
  const host = sim.host("host", async () => {
    const semaphore = new Semaphore(3);
    let held = 0;
    const workers = [1, 2, 3, 1, 2].map((wanted) =>
      spawn(async () => {
        for (let turn = 0; turn < 4; turn += 1) {
          const stop = new AbortController();
          if (turn === 2)
            spawn(() =>
              sleep(1).then(() => {
                stop.abort(new Error("stop"));
              }),
            );
          const permit = await outcome(semaphore.acquire(wanted, { signal: stop.signal }));
          if (permit instanceof Error) {
            sim.sometimes("somebody gave up");
            continue;
          }
          held += wanted;
          expect(held).toBeLessThanOrEqual(3);
          sim.sometimes("it was full", held === 3);
          await sleep(1);
          held -= wanted;
          (permit as Disposable)[Symbol.dispose]();
        }
      }),
    );
    await joinAll(workers);
    expect(semaphore.availablePermits).toBe(3);
  });
  await sim.until(() => host.isDone);
});
