import { isKeelsonError } from "../core/index.js";
import { rejects, rejectsWith, same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** Aborting and closing. */
export const closingCases: StoreCases = {
  title: "closing",
  cases: {
    "an aborted signal refuses reads with its reason": async (f) => {
      for (const reason of [new Error("no longer"), "a text", undefined]) {
        const controller = new AbortController();
        controller.abort(reason);
        const { signal } = controller;
        await rejectsWith(f.store.get(f.key("a"), { signal }), signal.reason, "the read");
        await rejectsWith(f.store.range(f.all, { signal }), signal.reason, "the range");
      }
    },
    "an aborted signal applies nothing": async (f) => {
      const before = await f.revision();
      const reason = new Error("no longer");
      const signal = AbortSignal.abort(reason);
      await rejectsWith(f.store.txn({ then: [f.putOp("a", "1")] }, { signal }), reason, "the transaction");
      same([await f.state(), await f.revision()], [[], before], "state and revision");
    },
    "a signal that aborts later does not matter": async (f) => {
      const controller = new AbortController();
      await f.store.txn({ then: [f.putOp("a", "1")] }, { signal: controller.signal });
      controller.abort(new Error("too late"));
      same(await f.text("a"), "1", "the value");
    },
    "it is healthy while it is open": async (f) => {
      that((await f.store.health()).status !== "fail", "the health not to fail");
      await f.store.close();
      same((await f.store.health()).status, "fail", "the health");
    },
    "closing it twice is harmless": async (f) => {
      await Promise.all([f.store.close(), f.store.close()]);
      await f.store.close();
    },
    "a closed store refuses everything": async (f) => {
      await f.store.close();
      await rejects(f.kv("a"), "STORE_CLOSED", "a read");
      await rejects(f.state(), "STORE_CLOSED", "a range");
      await rejects(f.put("a", "1"), "STORE_CLOSED", "a put");
      await rejects(f.store.compact(1), "STORE_CLOSED", "a compaction");
      same(await f.watch().failure(), "STORE_CLOSED", "a watch");
    },
    "closing it settles all that is pending": async (f) => {
      const calls = Array.from({ length: 20 }, (_, index) => [f.put(`k${index}`, "1"), f.kv(`k${index}`)]).flat();
      const watch = f.watch();
      const settled = Promise.allSettled([...calls, watch.failure()]);
      await f.within(f.store.close(), "the store to close");
      for (const outcome of await f.within(settled, "every call to be settled")) {
        const isCoded = outcome.status === "fulfilled" || isKeelsonError(outcome.reason);
        that(isCoded, `an answer or a coded error, got ${outcome.status === "rejected" ? String(outcome.reason) : ""}`);
      }
    },
    "closing it ends watches": async (f) => {
      const [waiting, fresh] = [f.watch(), f.watch()];
      const from = await f.put("a", "1");
      const behind = f.store.capabilities.gapFreeWatch ? f.watch(f.all, { from }) : f.watch();
      await waiting.next();
      const failure = waiting.failure();
      await f.store.close();
      same(
        [await failure, await fresh.failure(), await behind.failure()],
        Array(3).fill("STORE_CLOSED"),
        "how they ended",
      );
    },
  },
};

/** Closing, with leases. */
export const closingLeaseCases: StoreCases = {
  title: "closing",
  needs: ["leases"],
  cases: {
    "closing it ends this side of its leases": async (f) => {
      const lease = await f.store.grantLease(2_000);
      const { signal } = lease;
      await f.store.close();
      that(signal.aborted, "the signal to have aborted");
      that(lease.deadline() <= f.runtime.now(), "a deadline that is over");
      await rejects(lease.keepAliveOnce(), "STORE_CLOSED", "keeping it alive");
      await rejects(f.store.grantLease(2_000), "STORE_CLOSED", "another grant");
      await lease.revoke();
    },
  },
};
