import { isKeelsonError } from "../core/index.js";
import { registerModel } from "./linearizability-register.js";
import { same, that } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import type { StoreFixture } from "./store-fixture.js";
import { playAndCheck, registerClient } from "./store-history.js";
import { seeded } from "./store-random.js";

/** What a caller may believe of a change. */
type Fate = "made" | "not made" | "unknown";

const notMade: readonly string[] = ["STORE_NOT_APPLIED", "STORE_UNAVAILABLE", "STORE_CLOSED"];

/** What the answer says; fails where it is none that a store may give. `reason` is what the call was aborted with. */
async function fateOf(call: Promise<unknown>, reason?: unknown): Promise<Fate> {
  try {
    await call;
    return "made";
  } catch (error) {
    if (isKeelsonError(error, "STORE_AMBIGUOUS")) return "unknown";
    if ((reason !== undefined && error === reason) || (isKeelsonError(error) && notMade.includes(error.code)))
      return "not made";
    throw new Error(`Expected a coded error, got ${String(error)}`, { cause: error });
  }
}

/** Fails where an answer was a lie, or something was made twice. */
async function holdAgainst(near: StoreFixture, fates: ReadonlyMap<string, Fate>): Promise<void> {
  for (const [name, fate] of fates) {
    const version = (await near.kv(name))?.version ?? 0;
    const isTrue = fate === "made" ? version === 1 : fate === "not made" ? version === 0 : version <= 1;
    that(isTrue, `a put that was told to be ${fate} to be so; its key has version ${version}`);
  }
}

/** Calls whose connection is lost. */
export const connectionCases: StoreCases = {
  title: "lost connections",
  needsProxy: true,
  cases: {
    "a put whose answer is lost is ambiguous, and made once": async (f) => {
      const { far, proxy } = await f.behindProxy();
      const fates = new Map<string, Fate>();
      for (let round = 0; round < 5; round += 1) {
        void proxy.dropReply();
        fates.set(`a${round}`, await fateOf(far.put(`a${round}`, "")));
        proxy.heal();
      }
      that(proxy.counts.droppedReplies > 0, "an answer to have been lost");
      await holdAgainst(f, fates);
    },
    "what many write at once while the connection is cut is made once or not at all, as they were told": async (f) => {
      const { far, proxy } = await f.behindProxy();
      const random = seeded(7);
      const fates = new Map<string, Fate>();
      const write = async (client: number): Promise<void> => {
        for (let step = 0; step < 10; step += 1) {
          const name = `k${client}-${step}`;
          fates.set(name, await fateOf(far.put(name, "")));
        }
      };
      const writing = Promise.all([0, 1, 2, 3, 4, 5].map(write));
      const progress = { isDone: false };
      void writing.finally(() => (progress.isDone = true)).catch(() => undefined);
      for (let cuts = 0; cuts < 10 && !progress.isDone; cuts += 1) {
        const direction = cuts % 2 === 0 ? "toTarget" : "fromTarget";
        await Promise.race([proxy.cutAfter(1 + Math.floor(random() * 1_500), direction), writing]);
      }
      proxy.heal();
      await writing;
      that(proxy.counts.cuts > 0, "the connection to have been cut");
      await holdAgainst(f, fates);
    },
    "what is seen while the connection is cut is linearizable": async (f) => {
      const { far, proxy } = await f.behindProxy();
      const clients = [0, 1, 2, 3, 4, 5].map((client) => registerClient(client % 2 === 0 ? far : f, client));
      const running = playAndCheck(registerModel, clients, 25);
      for (let cuts = 0; cuts < 3; cuts += 1) await Promise.race([proxy.cutAfter(400 + 900 * cuts), running]);
      proxy.heal();
      await running;
    },
    "a read whose answer is lost is answered all the same, or not at all": async (f) => {
      const { far, proxy } = await f.behindProxy();
      for (let round = 0; round < 5; round += 1) {
        await f.put("a", String(round));
        void proxy.dropReply();
        try {
          same(await far.text("a"), String(round), "the value");
        } catch (error) {
          if (!isKeelsonError(error, "STORE_UNAVAILABLE")) throw error;
        }
        proxy.heal();
      }
    },
    "where no connection is to be had nothing is made, and later all works again": async (f) => {
      const { far, proxy } = await f.behindProxy();
      proxy.refuse();
      proxy.cut();
      const fates = new Map<string, Fate>();
      for (const name of ["a", "b"]) fates.set(name, await fateOf(f.within(far.put(name, ""), "an answer")));
      that(
        [...fates.values()].every((fate) => fate !== "made"),
        "no put to have been made",
      );
      same((await far.store.health()).status, "fail", "the health");
      proxy.heal();
      const patience = f.patience("the store to be reached again");
      while ((await far.store.health()).status === "fail") {
        patience();
        await f.runtime.sleep(50);
      }
      await far.put("later", "1");
      same(await f.text("later"), "1", "the value");
      await holdAgainst(f, fates);
    },
    "a change that is aborted under way is ambiguous, or not made": async (f) => {
      const { far, proxy } = await f.behindProxy();
      proxy.delay(20, "fromTarget");
      const fates = new Map<string, Fate>();
      for (let ms = 0; ms < 30; ms += 3) {
        const controller = new AbortController();
        const reason = new Error("no longer");
        const put = far.store.txn({ then: [far.putOp(`a${ms}`, "")] }, { signal: controller.signal });
        const fate = fateOf(put, reason);
        if (ms > 0) await f.runtime.sleep(ms);
        controller.abort(reason);
        fates.set(`a${ms}`, await fate);
      }
      proxy.heal();
      await far.revision(); // what was under way has arrived
      await holdAgainst(f, fates);
    },
    "closing it settles what is under way, as was told": async (f) => {
      const { far, proxy } = await f.behindProxy();
      proxy.delay(20, "fromTarget");
      const fates = new Map<string, Fate>();
      const writing = [0, 1, 2, 3, 4].map(async (index) => {
        fates.set(`a${index}`, await fateOf(far.put(`a${index}`, "")));
      });
      await f.runtime.sleep(5);
      await f.within(far.store.close(), "the store to close");
      await f.within(Promise.all(writing), "the puts to be settled");
      await holdAgainst(f, fates);
    },
  },
};

/** Watches whose connection is lost. */
export const connectionWatchCases: StoreCases = {
  title: "lost connections",
  needs: ["gapFreeWatch"],
  needsProxy: true,
  cases: {
    "a watch goes on, misses nothing and shows nothing twice": async (f) => {
      const { far, proxy } = await f.behindProxy();
      const watch = far.watch();
      await watch.next();
      const expected: string[] = [];
      for (let step = 0; step < 40; step += 1) {
        if (step % 8 === 4) proxy.cut();
        await f.put("a", String(step));
        expected.push(`put a=${step}`);
      }
      while (watch.shown().length < expected.length) await watch.next();
      same(watch.shown(), expected, "the changes");
      await watch.stop();
    },
    "a watch that begins while there is no connection begins then": async (f) => {
      const { far, proxy } = await f.behindProxy();
      const from = (await f.revision()) + 1;
      proxy.refuse();
      proxy.cut();
      const watch = far.watch(far.all, { from });
      await f.put("a", "1");
      proxy.heal();
      same(await watch.changes(), ["put a=1"], "the changes");
      await watch.stop();
    },
  },
};

/** Leases whose connection is lost. */
export const connectionLeaseCases: StoreCases = {
  title: "lost connections",
  needs: ["leases"],
  needsProxy: true,
  cases: {
    "a lease whose renewal is lost ends by the deadline it had": async (f) => {
      const { far, proxy } = await f.behindProxy();
      const { lease } = await far.leased(["a"], 5_000);
      const { signal } = lease;
      const before = lease.deadline();
      proxy.refuse();
      proxy.cut();
      const fate = await fateOf(lease.keepAliveOnce());
      that(fate !== "made", "the renewal to have failed");
      same(lease.deadline(), before, "the deadline");
      const patience = f.patience("the key to go");
      while ((await f.kv("a")) !== undefined) {
        patience();
        await f.runtime.sleep(20);
      }
      that(lease.deadline() <= f.runtime.now(), "its deadline to have passed before the key went");
      await f.runtime.sleep(5); // what was due fires first
      that(signal.aborted, "its signal to have aborted before the key went");
    },
  },
};
