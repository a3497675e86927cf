import { expect, test } from "vitest";
import { broadcast, mpsc, oneshot, select, watch } from "keelson/channels";
import { type Simulation, simTest } from "keelson/simulation";
import { spawn } from "keelson/tasks";
import { sleep } from "keelson/time";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";

const schedules = { test, runs: runs(500), timeoutMs: 600_000 };

/** Runs `body` on a host of its own, and waits for it. */
async function on(sim: Simulation, body: () => Promise<void>): Promise<void> {
  const host = sim.host("host", body);
  await sim.until(() => host.isDone);
}

async function joinAll(tasks: readonly { join(): Promise<unknown> }[]): Promise<void> {
  for (const task of tasks) await task.join();
}

simTest("mpsc: each sender's messages come once and in order, whoever gives up waiting", schedules, (sim) =>
  on(sim, async () => {
    const [tx, rx] = mpsc.channel<readonly [sender: number, n: number]>(2);
    const sent: string[] = [];
    const senders = [0, 1, 2].map((sender) =>
      spawn(async () => {
        for (let n = 0; n < 8; n += 1) {
          const stop = new AbortController();
          if (n % 3 === 2)
            spawn(() =>
              sleep(1).then(() => {
                stop.abort(new Error("stop"));
              }),
            );
          const failed = await outcome(tx.send([sender, n], { signal: stop.signal }));
          if (failed === undefined) sent.push(`${sender}/${n}`);
          else sim.sometimes("a send was given up");
        }
      }),
    );
    const received: string[] = [];
    const receiving = spawn(async () => {
      for (;;) {
        const taken = await outcome(rx.recv({ timeout: 2 }));
        if (taken instanceof Error) continue;
        const { ok, value } = taken as { readonly ok: boolean; readonly value?: readonly [number, number] };
        if (!ok || value === undefined) return;
        received.push(value.join("/"));
        if (value[1] % 2 === 0) await sleep(1);
      }
    });
    await joinAll(senders);
    tx.close();
    await receiving.join();
    expect([...received].sort()).toEqual([...sent].sort());
    for (const sender of [0, 1, 2]) {
      const own = received.filter((message) => message.startsWith(`${sender}/`));
      expect(own).toEqual([...own].sort());
    }
  }),
);

simTest("watch: what a receiver sees never goes back, and ends with the last", schedules, (sim) =>
  on(sim, async () => {
    const [tx, rx] = watch.channel(0);
    const receivers = [rx, rx.clone()].map((receiver) =>
      spawn(async () => {
        const seen: number[] = [];
        while (await receiver.changed()) seen.push(receiver.take());
        expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
        expect(receiver.value).toBe(10);
        sim.sometimes("values were skipped", seen.length < 10);
      }),
    );
    for (let value = 1; value <= 10; value += 1) {
      tx.send(value);
      if (value % 3 === 0) await sleep(1);
    }
    tx.close();
    await joinAll(receivers);
  }),
);

simTest("broadcast: every receiver gets the same, in the same order, or is told what it missed", schedules, (sim) =>
  on(sim, async () => {
    const [tx, first] = broadcast.channel<number>(4);
    const receivers = [first, tx.subscribe()].map((receiver, index) =>
      spawn(async () => {
        let next = 0;
        for (;;) {
          const got = await receiver.recv();
          if (got.ok) {
            expect(got.value).toBe(next);
            next += 1;
          } else if (got.reason === "lagged") {
            next += got.missed;
            sim.sometimes("a receiver lagged");
          } else break;
          if (index === 1) await sleep(1);
        }
        expect(next).toBe(20);
      }),
    );
    const senders = spawn(async () => {
      for (let value = 0; value < 20; value += 1) {
        tx.send(value);
        if (value % 4 === 3) await sleep(1);
      }
      tx.close();
    });
    await joinAll([...receivers, senders]);
  }),
);

simTest("oneshot: the value comes, or the closing, never both and never neither", schedules, (sim) =>
  on(sim, async () => {
    const [tx, rx] = oneshot.channel<number>();
    const receiving = spawn(() => outcome(rx.recv({ timeout: 2 })));
    const sending = spawn(async () => {
      await sleep(2);
      return tx.send(7);
    });
    const got = await receiving.join();
    const sent = await sending.join();
    sim.sometimes("it came", !(got instanceof Error));
    sim.sometimes("it was too late", got instanceof Error);
    if (!(got instanceof Error)) expect(got).toEqual({ ok: true, value: 7 });
    expect(sent).toBeDefined();
  }),
);

simTest("select: of two channels every message is taken once, whatever is given up", schedules, (sim) =>
  on(sim, async () => {
    const [evenTx, even] = mpsc.channel<number>(1);
    const [oddTx, odd] = mpsc.channel<number>(1);
    const senders = [evenTx, oddTx].map((tx, parity) =>
      spawn(async () => {
        for (let n = 0; n < 6; n += 1) {
          await tx.send(2 * n + parity);
          if (n % 2 === 0) await sleep(1);
        }
      }),
    );
    const received: number[] = [];
    while (received.length < 12) {
      const won = await outcome(select({ even, odd }, { timeout: 1 }));
      if (won instanceof Error) {
        sim.sometimes("a select was given up");
        continue;
      }
      const { value } = won as { readonly value: { readonly ok: true; readonly value: number } | number };
      received.push(typeof value === "number" ? value : value.value);
    }
    await joinAll(senders);
    expect([...received].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  }),
);
