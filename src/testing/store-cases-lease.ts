import { op, when } from "../store/index.js";
import { isMistake, rejects, rejectsWith, same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";

/** Of a lease that is kept alive by hand, four times in more than one time to live. */
const keptTtlMs = 6_000;

/** Leases: what they take along, and when. */
export const leaseCases: StoreCases = {
  title: "leases",
  needs: ["leases"],
  cases: {
    "a lease has an id, a time to live and a deadline": async (f) => {
      const before = f.runtime.now();
      const [one, two] = [await f.lease(), await f.lease()];
      that(one.id !== "" && one.id !== two.id, "ids of their own");
      const short = await f.store.grantLease(2_500);
      that(short.ttlMs >= 2_500, "at least the time that was asked for");
      that(one.deadline() > before && one.deadline() <= f.runtime.now() + one.ttlMs, "a deadline within that time");
      that(!one.signal.aborted, "a signal that has not aborted");
    },
    "a key shows its lease": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      same((await f.kv("a"))?.leaseId, lease.id, "the lease");
      await f.put("b", "1");
      same((await f.kv("b"))?.leaseId, undefined, "the lease");
    },
    "conditions compare it": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      await f.put("b", "1");
      const outcomes: boolean[] = [];
      for (const condition of [
        when(f.key("a")).lease("=", lease.id),
        when(f.key("a")).lease("!=", lease.id),
        when(f.key("a")).lease("="),
        when(f.key("b")).lease("="),
        when(f.key("none")).lease("="),
        when(f.key("b")).lease("!=", lease.id),
      ]) {
        outcomes.push((await f.store.txn({ if: [condition], then: [] })).succeeded);
      }
      same(outcomes, [true, false, false, true, true, true], "the comparisons");
    },
    "revoking it deletes its keys in one revision": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      const before = await f.put("b", "1", lease.id);
      await f.put("c", "1");
      const watch = f.watch();
      await lease.revoke();
      same(await f.state(), ["c=1"], "what is left");
      same([...(await watch.changes())].sort(), ["delete a", "delete b"], "the changes");
      same(await f.revision(), before + 2, "the revision");
    },
    "revoking it twice is harmless": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      await lease.revoke();
      await f.put("a", "2");
      await lease.revoke();
      await lease[Symbol.asyncDispose]();
      same(await f.text("a"), "2", "the key put since");
    },
    "disposing it revokes it": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      await lease[Symbol.asyncDispose]();
      same(await f.state(), [], "what is left");
    },
    "its end aborts its signal": async (f) => {
      const lease = await f.lease();
      const { signal } = lease;
      await lease.revoke();
      that(signal.aborted, "the signal to have aborted");
      that(lease.deadline() <= f.runtime.now(), "a deadline that is over");
    },
    "without being kept alive it expires, and takes its keys in one revision": async (f) => {
      const watch = f.watch();
      await watch.next();
      await f.leased(["a", "b"]);
      same([...(await watch.changes())].sort(), ["put a=1", "put b=1"], "the changes before it");
      same([...(await watch.changes())].sort(), ["delete a", "delete b"], "the changes");
      same(await f.state(), [], "what is left");
    },
    "its signal aborts by the deadline, which is never after the store's": async (f) => {
      const watch = f.watch();
      await watch.next();
      const { lease } = await f.leased(["a"]);
      const { signal } = lease;
      same([await watch.changes(), await watch.changes()], [["put a=1"], ["delete a"]], "the changes");
      that(lease.deadline() <= f.runtime.now(), "the deadline to have passed before the key went");
      await f.runtime.sleep(5); // what was due fires first
      that(signal.aborted, "the signal to have aborted before the key went");
    },
    "keeping it alive prolongs it": async (f) => {
      const { lease } = await f.leased(["a"], keptTtlMs);
      const first = lease.deadline();
      for (let round = 0; round < 4; round += 1) {
        await f.runtime.sleep(lease.ttlMs * 0.3);
        await lease.keepAliveOnce();
      }
      that(lease.deadline() > first + lease.ttlMs, "a later deadline");
      same([await f.text("a"), lease.signal.aborted], ["1", false], "the key and the signal");
    },
    "once it has expired it stays so": async (f) => {
      const watch = f.watch();
      await watch.next();
      const { lease } = await f.leased(["a"]);
      same([await watch.changes(), await watch.changes()], [["put a=1"], ["delete a"]], "the changes");
      await rejects(lease.keepAliveOnce(), "STORE_LEASE_NOT_FOUND", "keeping it alive");
      await rejects(f.put("a", "2", lease.id), "STORE_LEASE_NOT_FOUND", "a put on it");
      await lease.revoke();
      same(await f.kv("a"), undefined, "the key");
    },
    "once it is revoked it stays so": async (f) => {
      const lease = await f.lease();
      await lease.revoke();
      await rejects(lease.keepAliveOnce(), "STORE_LEASE_NOT_FOUND", "keeping it alive");
      await rejects(f.put("a", "1", lease.id), "STORE_LEASE_NOT_FOUND", "a put on it");
    },
    "a transaction that puts on an unknown lease does nothing": async (f) => {
      const before = await f.revision();
      const puts = f.run(f.putOp("a", "1"), f.putOp("b", "1", "7777"));
      await rejects(puts, "STORE_LEASE_NOT_FOUND", "the transaction");
      same([await f.state(), await f.revision()], [[], before], "state and revision");
    },
    "a lease named by the branch that is not taken does not matter": async (f) => {
      const txn = {
        if: [when(f.key("a")).version("=", 0)],
        then: [f.putOp("a", "1")],
        else: [f.putOp("a", "2", "7777")],
      };
      same((await f.store.txn(txn)).succeeded, true, "the transaction");
    },
    "a put without it takes the key off it": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      await f.put("a", "2");
      await lease.revoke();
      same(await f.state(), ["a=2"], "what is left");
    },
    "a put with another one moves the key": async (f) => {
      const [one, two] = [await f.lease(), await f.lease()];
      await f.put("a", "1", one.id);
      await f.put("a", "2", two.id);
      await one.revoke();
      same(await f.state(), ["a=2"], "what is left");
      await two.revoke();
      same(await f.state(), [], "what is left");
    },
    "a key deleted and put again is no longer on it": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      await f.delete("a");
      await f.put("a", "2");
      await lease.revoke();
      same(await f.state(), ["a=2"], "what is left");
    },
    "one without keys ends without a revision": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      const before = await f.delete("a");
      await lease.revoke();
      same(await f.revision(), before, "the revision");
    },
    "previous states show it": async (f) => {
      const lease = await f.lease();
      await f.put("a", "1", lease.id);
      const { results } = await f.run(op.delete(f.key("a"), { prevKv: true }));
      const [deleted] = results;
      same(deleted?.type === "delete" && deleted.prevKvs[0]?.leaseId, lease.id, "the lease");
    },
    "an aborted signal grants none": async (f) => {
      const reason = new Error("no longer");
      const signal = AbortSignal.abort(reason);
      await rejectsWith(f.store.grantLease(2_000, { signal }), reason, "the grant");
      const lease = await f.lease();
      await rejectsWith(lease.keepAliveOnce({ signal }), reason, "keeping it alive");
    },
    "a time to live that is none is refused": async (f) => {
      await isMistake(() => f.store.grantLease(0), RangeError, "a time of 0");
      await isMistake(() => f.store.grantLease(Number.NaN), RangeError, "no number");
    },
  },
};

/** What a store does that has no leases. */
export const noLeaseCases: StoreCases = {
  title: "leases",
  lacks: "leases",
  cases: {
    "grants are refused": async (f) => {
      await rejects(f.store.grantLease(2_000), "STORE_UNSUPPORTED", "the grant");
    },
    "puts on a lease are refused, and not made without one": async (f) => {
      await rejects(f.put("a", "1", "lease_1"), "STORE_UNSUPPORTED", "the put");
      same(await f.kv("a"), undefined, "the key");
    },
  },
};
