import { rejects, same } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** What is left when a store was closed and is opened again. */
export const restartCases: StoreCases = {
  title: "restart",
  needs: ["durable"],
  cases: {
    "keys are as they were": async (f) => {
      await f.put("a", "1");
      await f.put("a", "2");
      await f.put("gone", "");
      await f.delete("gone");
      const before = await f.kv("a");
      const again = await f.reopened();
      same(await again.kv("a"), before, "the key");
      same(await again.state(), ["a=2"], "the keys");
    },
    "the next revision comes after the last": async (f) => {
      const last = await f.put("a", "1");
      const again = await f.reopened();
      same(await again.revision(), last, "the revision");
      same(await again.put("a", "2"), last + 1, "the next revision");
      same((await again.kv("a"))?.version, 2, "the version");
    },
    "every write that was acknowledged before it is there, once": async (f) => {
      const writes = Array.from({ length: 40 }, (_, index) => f.put(`k${index}`, String(index)));
      const revisions = await Promise.all(writes);
      const again = await f.reopened();
      const { kvs } = await again.store.range(again.all);
      const found = new Map(kvs.map((kv) => [again.name(kv), [kv.modRevision, kv.version]]));
      revisions.forEach((revision, index) => {
        same(found.get(`k${index}`), [revision, 1], `revision and version of write ${index}`);
      });
    },
  },
};

/** History, after a restart. */
export const restartHistoryCases: StoreCases = {
  title: "restart",
  needs: ["durable", "historyReads"],
  cases: {
    "the past can be read, and what was compacted can't": async (f) => {
      const gone = await f.put("a", "1");
      const past = await f.put("a", "2");
      await f.put("a", "3");
      await f.store.compact(gone);
      const again = await f.reopened();
      same(await again.text("a", past), "2", "the past");
      await rejects(again.text("a", gone), "STORE_COMPACTED", "a read of what was compacted");
    },
  },
};

/** Watches, after a restart. */
export const restartWatchCases: StoreCases = {
  title: "restart",
  needs: ["durable", "historyReads", "gapFreeWatch"],
  cases: {
    "a watch goes on from where another one was": async (f) => {
      const from = await f.put("a", "1");
      await f.put("a", "2");
      const again = await f.reopened();
      const watch = again.watch(again.all, { from: from + 1 });
      same(await watch.changes(), ["put a=2"], "what was before");
      await again.put("a", "3");
      same(await watch.changes(), ["put a=3"], "what came later");
      await watch.stop();
    },
    "a watch from what was compacted is refused": async (f) => {
      await f.put("a", "1");
      const gone = await f.delete("a");
      await f.put("b", "1");
      await f.store.compact(gone);
      const again = await f.reopened();
      same(await again.watch(again.all, { from: gone }).failure(), "STORE_COMPACTED", "how the watch ended");
      same(await again.watch(again.all, { from: gone + 1 }).changes(), ["put b=1"], "the changes after it");
    },
  },
};

/** Leases, after a restart. */
export const restartLeaseCases: StoreCases = {
  title: "restart",
  needs: ["durable", "gapFreeWatch", "leases"],
  cases: {
    "a lease that nobody keeps alive any more takes its keys": async (f) => {
      await f.put("b", "1");
      const { lease, revision: from } = await f.leased(["a"]);
      const again = await f.reopened();
      const watch = again.watch(again.all, { from });
      const [put] = await watch.events();
      same([put?.type, put?.kv.leaseId], ["put", lease.id], "the lease");
      same(await watch.changes(), ["delete a"], "the change");
      await rejects(again.put("a", "2", lease.id), "STORE_LEASE_NOT_FOUND", "a put on it");
      same(await again.state(), ["b=1"], "what is left");
      await watch.stop();
    },
  },
};
