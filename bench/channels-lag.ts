import { mpsc } from "keelson/channels";
import { Mutex } from "keelson/sync";
import { pass } from "./channels-peers.js";
import { workers } from "./channels-rows.js";
import type { Measure, Row } from "./harness.js";

const million = 1_000_000;

/** By how many milliseconds at most a timer of 1 ms was late while `work` was going on. */
function lag(work: () => Promise<void>): Measure {
  return async () => {
    let worst = 0;
    let due = performance.now() + 1;
    const timer = setInterval(() => {
      const now = performance.now();
      worst = Math.max(worst, now - due);
      due = now + 1;
    }, 1);
    await work();
    clearInterval(timer);
    return worst;
  };
}

const producers = lag(async () => {
  const [tx, rx] = mpsc.channel<number>(128);
  await pass(
    (value) => tx.send(value),
    () => rx.recv(),
    8,
    8 * million,
  );
});

const handovers = lag(async () => {
  const mutex = new Mutex();
  await workers(8, million, async (turns) => {
    for (let turn = 0; turn < turns; turn += 1) {
      using _guard = await mutex.lock();
      await Promise.resolve();
    }
  });
});

export const rows: readonly Row[] = [
  { id: "timer-lag-mpsc-8x1M", unit: "ms", measure: producers, note: "of a 1 ms timer, 8 producers x 1 M messages" },
  { id: "timer-lag-mutex-8x1M", unit: "ms", measure: handovers, note: "of a 1 ms timer, 8 workers, 1 M handovers" },
];
