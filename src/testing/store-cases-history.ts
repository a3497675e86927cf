import { isKeelsonError } from "../core/index.js";
import { op } from "../store/index.js";
import { isMistake, rejects, same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** Reads of the past. */
export const historyCases: StoreCases = {
  title: "history",
  needs: ["historyReads"],
  cases: {
    "a key is read as it was at each revision": async (f) => {
      const before = await f.revision();
      const created = await f.put("a", "1");
      const changed = await f.put("a", "2");
      const deleted = await f.delete("a");
      const again = await f.put("a", "3");
      const read: (string | undefined)[] = [];
      for (const revision of [before, created, changed, deleted, again]) read.push(await f.text("a", revision));
      same(read, [undefined, "1", "2", undefined, "3"], "the values");
      same((await f.kv("a", changed))?.version, 2, "the version then");
    },
    "a range is read as it was": async (f) => {
      await f.put("a", "1");
      const then = await f.put("b", "1");
      await f.put("a", "2");
      await f.put("c", "1");
      await f.delete("b");
      same(await f.state(then), ["a=1", "b=1"], "the state then");
      const limited = await f.store.range(f.all, { revision: then, limit: 1 });
      same([limited.revision, limited.kvs.length, limited.more, limited.count], [then, 1, true, 2], "the page");
      const reverse = await f.store.range(f.all, { revision: then, reverse: true });
      same(
        reverse.kvs.map((kv) => f.name(kv)),
        ["b", "a"],
        "the keys",
      );
    },
    "what was read at a revision stays so": async (f) => {
      const states: [revision: number, state: readonly string[]][] = [];
      for (let step = 0; step < 30; step += 1) {
        const name = `k${step % 4}`;
        const revision = step % 5 === 4 ? await f.delete(name) : await f.put(name, String(step));
        states.push([revision, await f.state()]);
      }
      for (const [revision, state] of states) same(await f.state(revision), state, `the state at ${revision}`);
    },
    "the present revision can be named": async (f) => {
      const revision = await f.put("a", "1");
      same(await f.text("a", revision), "1", "the value");
      same(await f.state(revision), ["a=1"], "the state");
    },
    "a revision that is yet to come is refused": async (f) => {
      const next = (await f.revision()) + 1;
      await rejects(f.kv("a", next), "STORE_FUTURE_REVISION", "the read");
      await rejects(f.state(next), "STORE_FUTURE_REVISION", "the range");
    },
    "a revision that is no revision is refused": async (f) => {
      await isMistake(() => f.kv("a", -1), RangeError, "the read");
      await isMistake(() => f.state(1.5), RangeError, "the range");
    },
  },
};

/** What a store does that keeps no history. */
export const noHistoryCases: StoreCases = {
  title: "history",
  lacks: "historyReads",
  cases: {
    "reads of the past are refused": async (f) => {
      const revision = await f.put("a", "1");
      await rejects(f.kv("a", revision), "STORE_UNSUPPORTED", "the read");
      await rejects(f.state(revision), "STORE_UNSUPPORTED", "the range");
    },
  },
};

/** Compaction: what it takes and what it leaves. */
export const compactionCases: StoreCases = {
  title: "compaction",
  needs: ["historyReads"],
  cases: {
    "reads at or below it are refused, and say from where on": async (f) => {
      const first = await f.put("a", "1");
      const second = await f.put("a", "2");
      await f.put("a", "3");
      await f.store.compact(second);
      for (const revision of [first, second]) {
        const error = await rejects(f.kv("a", revision), "STORE_COMPACTED", "the read");
        that("compactRevision" in error && error.compactRevision === second, `compactRevision ${second} on the error`);
        await rejects(f.state(revision), "STORE_COMPACTED", "the range");
      }
    },
    "reads above it see what was put before it": async (f) => {
      await f.run(f.putOp("a", "1"), f.putOp("b", "1"), f.putOp("gone", "1"));
      const cut = await f.delete("gone");
      const then = await f.put("a", "2");
      await f.put("a", "3");
      await f.store.compact(cut);
      same(await f.state(then), ["a=2", "b=1"], "the state then");
    },
    "the present stays": async (f) => {
      await f.put("a", "1");
      const last = await f.put("b", "2");
      await f.store.compact(last);
      same(await f.state(), ["a=1", "b=2"], "the state");
      same((await f.kv("a"))?.version, 1, "the version");
      same(await f.put("a", "2"), last + 1, "the next revision");
      same((await f.kv("a"))?.version, 2, "the version");
    },
    "a deleted key stays deleted and begins anew": async (f) => {
      await f.put("a", "1");
      await f.store.compact(await f.delete("a"));
      same(await f.kv("a"), undefined, "the key");
      await f.put("a", "2");
      same((await f.kv("a"))?.version, 1, "the version");
    },
    "doing it again, or less, is harmless": async (f) => {
      await f.put("a", "1");
      const cut = await f.put("a", "2");
      await f.put("a", "3");
      await f.store.compact(cut);
      await f.store.compact(cut);
      await f.store.compact(cut - 1);
      await rejects(f.kv("a", cut), "STORE_COMPACTED", "the read");
    },
    "a revision that is yet to come is refused": async (f) => {
      await rejects(f.store.compact((await f.revision()) + 1), "STORE_FUTURE_REVISION", "the compaction");
    },
    "the owner is told": async (f) => {
      const cut = await f.put("a", "1");
      await f.put("a", "2");
      const seen: number[] = [];
      using _listening = f.store.events.on("compacted", ({ compactRevision }) => seen.push(compactRevision));
      await f.store.compact(cut);
      same(seen, [cut], "the revisions");
    },
    "a watch from before it is refused": async (f) => {
      await f.put("a", "1");
      const cut = await f.put("a", "2");
      const after = await f.put("a", "3");
      await f.store.compact(cut);
      same(await f.watch(f.all, { from: cut }).failure(), "STORE_COMPACTED", "the failure");
      same(await f.watch(f.all, { from: after }).changes(), ["put a=3"], "the changes after it");
    },
    "a watch that waits lives on": async (f) => {
      const watch = f.watch(f.all, { prevKv: true });
      await watch.next();
      await f.put("a", "1");
      const last = await f.put("a", "2");
      same(await watch.until(last), ["put a=1", "put a=2"], "the changes before it");
      await f.store.compact(last).catch((error: unknown) => {
        if (!isKeelsonError(error)) throw error;
      });
      await f.run(op.delete(f.key("a")));
      same(await watch.until(last + 1), ["put a=1", "put a=2", "delete a"], "the changes");
      await watch.stop();
    },
  },
};
