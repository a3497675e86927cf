import { deferred } from "../core/deferred.js";
import { WatchLaggedError } from "../store/index.js";
import { same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import { type StoreFixture, type WatchProbe, codeOf } from "./store-fixture.js";

const perTxn = 128;

/** Reads `watch` to its end, however it resumes, and tells which revisions it saw. */
async function readAll(f: StoreFixture, from: number, last: number): Promise<[seen: number[], lags: number]> {
  const seen: number[] = [];
  let lags = 0;
  let next = from;
  while (next <= last) {
    const watch = f.watch(f.all, { from: next });
    try {
      while (next <= last) {
        const { type, revision } = await watch.next();
        if (type === "events") seen.push(revision);
        next = Math.max(next, revision + 1);
      }
      await watch.stop();
    } catch (error) {
      if (!(error instanceof WatchLaggedError)) throw error;
      lags += 1;
      next = error.resumeFrom;
    }
  }
  return [seen, lags];
}

/** How long nothing is taken: servers deliver after they have answered, and wait a little for who may yet take. */
const idleMs = 1_000;

/**
 * Writes more than a watch may hold, and takes nothing until it has been cut off; answers where to go on. Some stores
 * find that out only when they are asked for more, so now and then it takes one batch, and writes as much again.
 */
async function fallBehind(f: StoreFixture, slow: WatchProbe, write: () => Promise<void>): Promise<number> {
  const patience = f.patience("the slow watch to be cut off");
  const lagged = deferred<number>();
  using _listening = f.store.events.on("lagged", ({ resumeFrom }) => {
    lagged.resolve(resumeFrom);
  });
  for (;;) {
    await write();
    await Promise.race([lagged.promise, f.runtime.sleep(idleMs)]);
    const code = await slow.next().then(() => undefined, codeOf);
    if (code !== undefined) {
      same(code, "STORE_WATCH_LAGGED", "how the slow watch ended");
      return await f.within(lagged.promise, "the store's owner to be told");
    }
    patience();
  }
}

/** Consumers that are too slow. */
export const lagCases: StoreCases = {
  title: "slow watches",
  needs: ["gapFreeWatch", "multiKeyTxn"],
  cases: {
    "more than 10,000 events that nobody takes end it, and say where to go on": async (f) => {
      const from = (await f.revision()) + 1;
      const slow = f.watch();
      const names = Array.from({ length: perTxn }, (_, index) => `k${index}`);
      const resumeFrom = await fallBehind(f, slow, async () => {
        for (let round = 0; round < 160; round += 1) {
          await f.run(...names.map((name) => f.putOp(name, String(round))));
        }
      });
      const last = await f.revision();
      const taken = slow.batches.filter((batch) => batch.type === "events").map(({ revision }) => revision);
      same(resumeFrom, from + taken.length, "where to go on");
      same(
        taken,
        taken.map((_, index) => from + index),
        "what the slow watch saw",
      );
      const [seen, lags] = await readAll(f, resumeFrom, last);
      same(
        [...taken, ...seen],
        Array.from({ length: last - from + 1 }, (_, index) => from + index),
        "all that was seen",
      );
      same(lags, 0, "how often a quick watch lagged");
    },
    "more than 16 MiB that nobody takes end it": async (f) => {
      const slow = f.watch();
      const value = new Uint8Array(1_048_576);
      await fallBehind(f, slow, async () => {
        for (let round = 0; round < 20; round += 1) await f.put("a", value);
      });
    },
    "one that keeps up is never cut off": async (f) => {
      const from = (await f.revision()) + 1;
      const watch = f.watch();
      await watch.next();
      const writing = (async (): Promise<number> => {
        for (let round = 0; round < 60; round += 1) {
          await f.run(...Array.from({ length: perTxn }, (_, index) => f.putOp(`k${index}`, String(round))));
        }
        return f.revision();
      })();
      let events = 0;
      while (events < 60 * perTxn) events += (await watch.events()).length;
      const last = await writing;
      same([events, watch.batches.at(-1)?.revision], [60 * perTxn, last], "events and the last revision");
      that(last === from + 59, "one revision a transaction");
      await watch.stop();
    },
  },
};
