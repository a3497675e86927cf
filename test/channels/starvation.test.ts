import { mpsc } from "keelson/channels";
import { Mutex } from "keelson/sync";
import { describe, expect, test } from "vitest";
import { runs } from "../support/deep.js";

/**
 * The most operations that completed between two turns of the event loop. Counted, not timed, so that a busy machine
 * changes nothing: as long as a turn has some hundreds of them, a timer of 1 ms is never late by more than that.
 */
async function mostPerTurn(work: (completed: () => void) => Promise<void>): Promise<number> {
  let most = 0;
  let sinceTurn = 0;
  let isOver = false;
  const turn = (): void => {
    sinceTurn = 0;
    if (!isOver) setImmediate(turn);
  };
  turn();
  await work(() => {
    sinceTurn += 1;
    most = Math.max(most, sinceTurn);
  });
  isOver = true;
  return most;
}

describe("timers go on", () => {
  test("while 8 producers send a million messages each through a bounded channel", async () => {
    const each = runs(1_000_000);
    const [tx, rx] = mpsc.channel<number>(128);
    const most = await mostPerTurn(async (completed) => {
      const produce = async (): Promise<void> => {
        for (let n = 0; n < each; n += 1) await tx.send(n);
      };
      const consume = async (): Promise<void> => {
        for (let left = 8 * each; left > 0; left -= 1) {
          await rx.recv();
          completed();
        }
      };
      await Promise.all([consume(), ...Array.from({ length: 8 }, produce)]);
    });
    expect(most).toBeLessThanOrEqual(600);
  });

  test("while 8 workers hand one mutex around a million times", async () => {
    const each = runs(1_000_000) / 8;
    const mutex = new Mutex(0);
    const most = await mostPerTurn(async (completed) => {
      const work = async (): Promise<void> => {
        for (let turn = 0; turn < each; turn += 1) {
          using guard = await mutex.lock();
          guard.value += 1;
          completed();
        }
      };
      await Promise.all(Array.from({ length: 8 }, work));
    });
    using guard = await mutex.lock();
    expect(guard.value).toBe(8 * each);
    expect(most).toBeLessThanOrEqual(600);
  });
});
