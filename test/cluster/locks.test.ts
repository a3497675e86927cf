import { describe, expect, test } from "vitest";
import { type DistributedLock, type HeldLock, mutex, semaphore } from "keelson/cluster";
import { type StateStore, op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import {
  type HistoryCall,
  type LockInput,
  type VirtualTime,
  checkLinearizable,
  lockModel,
  recordStore,
  virtualTime,
  withFaults,
} from "keelson/testing";
import { outcome } from "../support/outcome.js";
import { keysOf, writes } from "./world.js";

/** Asks for a lock, and keeps it when it comes. */
class Request {
  lock: HeldLock | undefined = undefined;
  readonly stop = new AbortController();
  readonly done: Promise<unknown>;

  constructor(wanted: DistributedLock) {
    this.done = outcome(
      wanted.acquire({ signal: this.stop.signal }).then((lock) => {
        this.lock = lock;
        return lock;
      }),
    );
  }

  get isHeld(): boolean {
    return this.lock?.isHeld() === true;
  }
}

describe("a mutex", () => {
  test("has one holder, in the order of the calls, whoever makes them", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const requests: Request[] = [];
    for (let index = 0; index < 5; index += 1) {
      requests.push(new Request(mutex(store, "/locks/deploy")));
      await time.settle();
    }
    const order: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      await time.advance("45s");
      const held = requests.flatMap(({ isHeld }, index) => (isHeld ? [index] : []));
      expect(held).toHaveLength(1);
      order.push(...held);
      await requests[held[0] ?? -1]?.lock?.release();
      await time.settle();
    }
    expect(order).toEqual([0, 1, 2, 3, 4]);
    expect(await keysOf(store)).toEqual([]);
    const tokens = requests.map(({ lock }) => lock?.token ?? 0);
    expect(tokens).toEqual([...tokens].sort((a, b) => a - b));
  });

  test("is tried without waiting, and without a trace", async () => {
    using time = virtualTime();
    const store = recordStore(memoryStore());
    const deploy = mutex(store, "/locks/deploy");
    const first = await deploy.tryAcquire();
    expect(first?.isHeld()).toBe(true);
    store.forget();
    expect(await deploy.tryAcquire()).toBeUndefined();
    expect(store.calls.map(({ method }) => method)).toEqual(["range"]);
    expect(await outcome(deploy.acquire({ timeout: 0 }))).toMatchObject({ code: "TIMEOUT" });
    await first?.release();
    const second = await deploy.acquire({ timeout: 0 });
    expect(second.isHeld()).toBe(true);
    await time.settle();
  });

  test("that is taken between look and claim is not had, and leaves no key", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const slow = withFaults(store, [{ kind: "latency", method: "txn", delay: 50 }]);
    const trying = mutex(slow, "/locks/deploy").tryAcquire();
    await time.advance(10);
    const winner = await mutex(store, "/locks/deploy").acquire();
    await time.advance(50);
    expect([await trying, await keysOf(store)]).toEqual([undefined, [winner.key]]);
  });

  test("is waited for so long and no longer", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const deploy = mutex(store, "/locks/deploy");
    const held = await deploy.acquire();
    const late = outcome(deploy.acquire({ timeout: "5s" }));
    await time.advance("5s");
    expect(await late).toMatchObject({ code: "TIMEOUT", timeoutMs: 5_000 });
    await time.settle();
    expect(await keysOf(store)).toEqual([held.key]);
    expect(await outcome(deploy.acquire({ timeout: "soon" as "1s" }))).toBeInstanceOf(TypeError);
  });

  test("is held while its process lives, lost 20 s after its store went away, and told so", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const lock = await mutex(
      withFaults(store, [{ kind: "failBefore", method: "keepAlive", nth: away(20) }]),
      "/l",
    ).acquire();
    const next = new Request(mutex(store, "/l"));
    expect(lock.deadline()).toBe(20_000);
    await time.advance(19_999);
    expect([lock.isHeld(), lock.signal.aborted, next.isHeld]).toEqual([true, false, false]);
    await time.advance(1);
    expect([lock.isHeld(), lock.signal.aborted, next.isHeld]).toEqual([false, true, false]);
    await time.advance("10s");
    expect([
      next.isHeld,
      await writes(store, lock),
      next.lock !== undefined && (await writes(store, next.lock)),
    ]).toEqual([true, false, true]);
    await lock.release();
    await lock.release();
    expect(next.isHeld).toBe(true);
  });

  test("is given back when it is disposed, also by an error", async () => {
    using _time = virtualTime();
    const store = memoryStore();
    const deploy = mutex(store, "/locks/deploy");
    await outcome(
      (async () => {
        await using lock = await deploy.acquire();
        lock.assertHeld();
        throw new Error("half way");
      })(),
    );
    expect(await keysOf(store)).toEqual([]);
  });

  test("runs a function while it is held", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const deploy = mutex(store, "/locks/deploy");
    let inside = 0;
    const runs = Array.from({ length: 3 }, (_, index) =>
      deploy.run(async () => {
        inside += 1;
        expect(inside).toBe(1);
        await time.runtime.sleep(1_000);
        inside -= 1;
        return index;
      }),
    );
    await time.advance("10s");
    expect(await Promise.all(runs)).toEqual([0, 1, 2]);
    const error = new Error("failed");
    expect(await outcome(deploy.run(() => Promise.reject(error)))).toBe(error);
    expect(await keysOf(store)).toEqual([]);
  });

  test("tells whoever ran something that it was lost meanwhile", async () => {
    using time = virtualTime();
    const store = withFaults(memoryStore(), [{ kind: "leaseLoss", after: 1 }]);
    const run = outcome(mutex(store, "/l").run(() => time.runtime.sleep(60_000)));
    await time.advance("1m");
    expect(await run).toMatchObject({ code: "LEASE_LOST", loss: "gone" });
  });

  test("given up at any moment leaves no key, and is never held by nobody", async () => {
    for (let moment = 0; moment < 30; moment += 1) {
      using time = virtualTime();
      const store = memoryStore();
      const request = new Request(mutex(withFaults(store, [{ kind: "latency", delay: 3 }]), "/l"));
      await time.advance(moment);
      request.stop.abort(new Error("enough"));
      await time.advance("3s");
      void request.lock?.release();
      await time.advance("3s");
      expect([moment, await keysOf(store)]).toEqual([moment, []]);
    }
  });

  test("that is free again is had by one who waited, though a holder dies", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const dying = await mutex(withFaults(store, [{ kind: "failBefore", method: "keepAlive" }]), "/l", {
      ttl: "2s",
    }).acquire();
    const next = new Request(mutex(store, "/l"));
    await time.advance("2s");
    expect([dying.isHeld(), next.isHeld]).toEqual([false, true]);
  });

  test("goes through failures of the store, with its place kept", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const held = await mutex(store, "/l").acquire();
    const plan = [
      { kind: "failBefore", method: "range", nth: [1, 3] },
      { kind: "failAfter", method: "grantLease", nth: [1] },
      { kind: "failAfter", method: "txn", nth: [1] },
    ] as const;
    const unlucky = new Request(mutex(withFaults(store, plan), "/l"));
    await time.advance("20s");
    const later = new Request(mutex(store, "/l"));
    await time.settle();
    await held.release();
    await time.advance("5s");
    expect([unlucky.isHeld, later.isHeld]).toEqual([true, false]);
  });

  test("is not another one whose key begins with its own", async () => {
    using _time = virtualTime();
    const store = memoryStore();
    const outer = mutex(store, "/locks");
    const held = [await mutex(store, "/locks/deploy").tryAcquire(), await outer.tryAcquire()];
    expect(held.map((lock) => lock?.isHeld())).toEqual([true, true]);
    expect(await mutex(store, "/locks/deploy").tryAcquire()).toBeUndefined();
    expect(() => mutex(store, "/locks/~/deploy")).toThrow("Expected `key` not to contain");
  });

  test("refuses what it can't be made with", () => {
    const store = memoryStore();
    expect(() => mutex(store, "")).toThrow("key");
    expect(() => mutex(store, undefined as never)).toThrow("Expected `key`");
    expect(() => mutex(store, "/l", { ttl: 1_999 })).toThrow("Expected `ttl`");
    expect(() => mutex(store, "/l", { identity: "" })).toThrow("Expected `identity`");
    expect(() => semaphore(store, "/s", { permits: 0 })).toThrow("Expected `permits`");
  });

  test("shows who holds it and who waits", async () => {
    using time = virtualTime();
    const store = memoryStore();
    await mutex(store, "/l", { identity: "worker-1" }).acquire();
    const waiting = new Request(mutex(store, "/l", { identity: "worker-2" }));
    await time.settle();
    const { kvs } = await store.range({ prefix: "/l/" });
    const byAge = [...kvs].sort((a, b) => a.createRevision - b.createRevision);
    expect(byAge.map(({ value }) => new TextDecoder().decode(value))).toEqual(["worker-1", "worker-2"]);
    expect(waiting.isHeld).toBe(false);
  });
});

describe("a mutex that a crowd waits for", () => {
  /** A crowd that came at the same time, and how many keys its store has read out to it since it was last asked. */
  async function crowdOf(time: VirtualTime, size: number) {
    const memory = memoryStore();
    let read = 0;
    const store: StateStore = {
      ...withFaults(memory, []),
      range: async (range, options) => {
        const result = await memory.range(range, options);
        read += result.kvs.length;
        return result;
      },
    };
    const requests = Array.from({ length: size }, () => new Request(mutex(store, "/l")));
    await time.settle();
    const keysRead = (): number => {
      const since = read;
      read = 0;
      return since;
    };
    return { store, requests, keysRead };
  }

  test("is handed over without anybody reading who else waits", async () => {
    using time = virtualTime();
    const { requests, keysRead } = await crowdOf(time, 400);
    expect(keysRead()).toBeLessThan(10 * 400);
    for (let holder = 0; holder < 300; holder += 1) {
      expect(requests.findIndex(({ isHeld }) => isHeld)).toBe(holder);
      await requests[holder]?.lock?.release();
      await time.settle();
    }
    expect(keysRead()).toBeLessThan(5 * 400);
  });

  test("has its first for a holder, whoever comes and goes", async () => {
    using time = virtualTime({ seed: 7 });
    const { store, requests: there } = await crowdOf(time, 150);
    while (there.length > 0) {
      const who = time.runtime.random() < 0.5 ? 0 : Math.floor(time.runtime.random() * there.length);
      const [leaver] = there.splice(who, 1);
      leaver?.stop.abort(new Error("enough"));
      await leaver?.lock?.release();
      if (time.runtime.random() < 0.3) there.push(new Request(mutex(store, "/l")));
      await time.settle();
      const held = there.flatMap(({ isHeld }, index) => (isHeld ? [index] : []));
      expect(held).toEqual(there.length === 0 ? [] : [0]);
    }
    expect(await keysOf(store)).toEqual([]);
  });
});

test("one who gives up while the queue is read for several leaves the others to it", async () => {
  using time = virtualTime();
  const memory = memoryStore();
  const store = withFaults(memory, [{ kind: "latency", method: "range", delay: 100 }]);
  const requests = Array.from({ length: 3 }, () => new Request(mutex(store, "/l")));
  await time.advance(50);
  requests[0]?.stop.abort(new Error("enough"));
  requests[1]?.stop.abort(new Error("enough"));
  await time.advance(1_000);
  expect(requests.map(({ isHeld }) => isHeld)).toEqual([false, false, true]);
  expect(await keysOf(memory)).toHaveLength(1);
});

test("a reading of the queue that is never answered holds up nobody who comes once all gave it up", async () => {
  using time = virtualTime();
  const memory = memoryStore();
  let isDeaf = true;
  const store: StateStore = {
    ...withFaults(memory, []),
    range: (range, options) => (isDeaf ? new Promise<never>(() => undefined) : memory.range(range, options)),
  };
  const first = new Request(mutex(store, "/l"));
  await time.settle();
  isDeaf = false;
  first.stop.abort(new Error("enough"));
  await time.settle();
  const second = new Request(mutex(store, "/l"));
  await time.settle();
  expect([first.isHeld, second.isHeld]).toEqual([false, true]);
});

function away(calls: number): readonly number[] {
  return Array.from({ length: calls }, (_, index) => index + 1);
}

describe("a semaphore", () => {
  test("has so many holders and no more, the others in their order", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const requests: Request[] = [];
    for (let index = 0; index < 7; index += 1) {
      requests.push(new Request(semaphore(store, "/s", { permits: 3 })));
      await time.settle();
    }
    const held = (): readonly number[] => requests.flatMap(({ isHeld }, index) => (isHeld ? [index] : []));
    expect(held()).toEqual([0, 1, 2]);
    for (const [leaves, expected] of [
      [1, [0, 2, 3]],
      [0, [2, 3, 4]],
      [3, [2, 4, 5]],
      [2, [4, 5, 6]],
    ] as const) {
      await requests[leaves]?.lock?.release();
      await time.settle();
      expect(held()).toEqual(expected);
    }
  });

  test("lets one who waits go, from wherever in the queue", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const requests: Request[] = [];
    for (let index = 0; index < 6; index += 1) {
      requests.push(new Request(semaphore(store, "/s", { permits: 2 })));
      await time.settle();
    }
    for (const leaver of [2, 4]) requests[leaver]?.stop.abort(new Error("enough"));
    await time.settle();
    for (const leaver of [0, 1]) await requests[leaver]?.lock?.release();
    await time.settle();
    expect(requests.map(({ isHeld }) => isHeld)).toEqual([false, false, false, true, false, true]);
    expect(await keysOf(store)).toHaveLength(2);
  });

  test("wakes one waiter for one that leaves", async () => {
    using time = virtualTime();
    const store = recordStore(memoryStore());
    const requests: Request[] = [];
    for (let index = 0; index < 40; index += 1) {
      requests.push(new Request(semaphore(store, "/s", { permits: 5 })));
      await time.settle();
    }
    expect(store.callsOf("watch").filter(({ outcome: { kind } }) => kind === "pending")).toHaveLength(35);
    store.forget();
    await requests[2]?.lock?.release();
    await time.settle();
    // The one that is served knows that; the one that is first in line now looks who holds it.
    expect(store.callsOf("range")).toHaveLength(1);
    expect(requests.filter(({ isHeld }) => isHeld)).toHaveLength(5);
  });

  test("reads the queue once for all who come at the same time", async () => {
    using time = virtualTime();
    const store = recordStore(memoryStore());
    const requests = Array.from({ length: 300 }, () => new Request(semaphore(store, "/s", { permits: 5 })));
    await time.settle();
    expect(requests.filter(({ isHeld }) => isHeld)).toHaveLength(5);
    expect(store.callsOf("range").length).toBeLessThan(20);
    for (const { stop } of requests) stop.abort(new Error("enough"));
    await Promise.all(requests.map(({ done }) => done));
  });

  test("is tried without waiting", async () => {
    using _time = virtualTime();
    const uploads = semaphore(memoryStore(), "/s", { permits: 2 });
    const [one, two] = [await uploads.tryAcquire(), await uploads.tryAcquire()];
    expect([one?.isHeld(), two?.isHeld(), await uploads.tryAcquire()]).toEqual([true, true, undefined]);
  });
});

/** Read a set, add to it, write it back, under a lock: the workload with which Jepsen breaks locks. */
async function lockSet(seed: number, isFenced: boolean): Promise<{ readonly lost: number; readonly added: number }> {
  using time = virtualTime({ seed });
  const { runtime } = time;
  const store = memoryStore();
  const read = async (): Promise<string[]> => {
    const { kv } = await store.get("/set");
    return kv === undefined ? [] : (JSON.parse(new TextDecoder().decode(kv.value)) as string[]);
  };
  const acknowledged: string[] = [];
  const client = async (name: string): Promise<void> => {
    for (let round = 0; round < 6; round += 1) {
      // The store drops some leases early and their holders are the last to hear, as after a pause.
      const far = withFaults(store, [{ kind: "leaseLoss", after: 300 * runtime.random(), chance: 0.3 }]);
      const lock = await mutex(far, "/lock").acquire();
      const item = `${name}${round}`;
      const items = await read();
      await runtime.sleep(400 * runtime.random());
      const write = { if: isFenced ? lock.fence() : [], then: [op.put("/set", JSON.stringify([...items, item]))] };
      if (lock.isHeld() && (await store.txn(write)).succeeded) acknowledged.push(item);
      await lock.release();
    }
  };
  const clients = Promise.all(["a", "b", "c", "d"].map((name) => client(name)));
  await time.advance("5m");
  await clients;
  const items = new Set(await read());
  return { lost: acknowledged.filter((item) => !items.has(item)).length, added: acknowledged.length };
}

describe("Jepsen's lock-set workload", () => {
  test("loses elements when writes are not fenced", async () => {
    let lost = 0;
    for (let seed = 1; seed <= 5; seed += 1) lost += (await lockSet(seed, false)).lost;
    expect(lost).toBeGreaterThan(0);
  });

  test("loses none when they are", async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { lost, added } = await lockSet(seed, true);
      expect([seed, lost]).toEqual([seed, 0]);
      expect(added).toBeGreaterThan(0);
    }
  });
});

test("what clients see of a mutex is what the model of a lock allows", async () => {
  for (let seed = 1; seed <= 10; seed += 1) {
    using time = virtualTime({ seed });
    const { runtime } = time;
    const store: StateStore = withFaults(memoryStore(), [{ kind: "latency", delay: 20, chance: 0.5 }]);
    const calls: HistoryCall<LockInput, number | boolean>[] = [];
    const clients = Array.from({ length: 4 }, async (_, client) => {
      for (let round = 0; round < 5; round += 1) {
        const asked = runtime.now();
        const lock = await mutex(store, "/l").acquire();
        const input = { op: "acquire", lock: "l" } as const;
        calls.push({ client, input, output: lock.token, calledAt: asked, returnedAt: runtime.now() });
        await runtime.sleep(50 * runtime.random());
        const released = runtime.now();
        await lock.release();
        const given = { op: "release", lock: "l", token: lock.token } as const;
        calls.push({ client, input: given, output: true, calledAt: released, returnedAt: runtime.now() });
      }
    });
    await time.advance("5m");
    await Promise.all(clients);
    expect([calls.length, checkLinearizable(calls, lockModel).verdict]).toEqual([40, "ok"]);
  }
});
