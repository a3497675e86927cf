import type { StoreCapabilities } from "../store/index.js";
import { same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** That a store declares what it is said to, and consistency as far as one client sees it. */
export function honestyCases(declared: StoreCapabilities): StoreCases {
  return {
    title: "capabilities",
    cases: {
      "they are what was declared": async (f) => {
        same(f.store.capabilities, declared, "the capabilities");
        return Promise.resolve();
      },
      "the limits are no less than every store's": async (f) => {
        that(f.store.capabilities.maxTxnOps >= 128, "at least 128 operations a transaction");
        that(f.store.capabilities.maxValueBytes >= 1_048_576, "at least 1 MiB a value");
        return Promise.resolve();
      },
      "a read that may be behind is answered": async (f) => {
        await f.put("a", "1");
        const { revision } = await f.store.get(f.key("a"), { consistency: "serializable" });
        that(revision <= (await f.revision()), "a revision that exists");
        await f.store.range(f.all, { consistency: "serializable" });
      },
    },
  };
}

/** What one client sees of its own writes. */
export const ownWriteCases: StoreCases = {
  title: "capabilities",
  needs: ["linearizableReads"],
  cases: {
    "a read sees every write acknowledged before it": async (f) => {
      for (let step = 0; step < 50; step += 1) {
        const revision = await f.put("a", String(step));
        const answer = await f.store.get(f.key("a"));
        same([answer.revision, await f.text("a")], [revision, String(step)], "revision and value");
      }
    },
  },
};
