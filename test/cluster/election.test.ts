import { describe, expect, test } from "vitest";
import {
  type Election,
  type ElectionOptions,
  type Leader,
  LeaseLostError,
  type Term,
  createElection,
} from "keelson/cluster";
import { type StateStore, put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type StoreFault, type VirtualTime, recordStore, virtualTime, withFaults } from "keelson/testing";
import { outcome } from "../support/outcome.js";
import { keysOf, ticking, writes } from "./world.js";

/** A process that contends until it is stopped, and what happened to it. */
class Contender {
  readonly election: Election;
  readonly terms: Term[] = [];
  readonly losses: unknown[] = [];
  readonly stop = new AbortController();
  readonly done: Promise<unknown>;

  constructor(store: StateStore, identity: string, options: Partial<ElectionOptions> = {}) {
    this.election = createElection(store, { name: "orchestrator", identity, ...options });
    this.election.on("lost", ({ error }) => this.losses.push(error));
    this.done = outcome(this.election.run((term) => this.#work(term), { signal: this.stop.signal }));
  }

  get term(): Term {
    const term = this.terms.at(-1);
    if (term === undefined) throw new Error("Expected it to have been elected");
    return term;
  }

  get firstTerm(): Term {
    const [term] = this.terms;
    return term ?? this.term;
  }

  async #work(term: Term): Promise<string> {
    this.terms.push(term);
    if (!term.signal.aborted)
      await new Promise((resolve) => {
        term.signal.addEventListener("abort", resolve);
      });
    return `led ${term.token}`;
  }
}

/** Contends, and gives things time to happen. */
async function contend(
  time: VirtualTime,
  store: StateStore,
  identities: readonly string[],
  options: Partial<ElectionOptions> = {},
): Promise<[a: Contender, b: Contender, c: Contender, ...others: Contender[]]> {
  const contenders: Contender[] = [];
  for (const identity of identities) {
    contenders.push(new Contender(store, identity, options));
    await time.settle();
  }
  // Callers take as many as they asked for.
  return contenders as [Contender, Contender, Contender, ...Contender[]];
}

const faults = (...plan: StoreFault[]): StateStore => withFaults(memoryStore(), plan);

describe("one at a time", () => {
  test("the first to come leads, and goes on leading while it is there", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a, b] = await contend(time, store, ["a", "b"]);
    await time.advance("10m");
    expect([a.terms.length, b.terms.length, a.term.isHeld()]).toEqual([1, 0, true]);
    expect(a.election.term).toBe(a.term);
    expect(await writes(store, a.term)).toBe(true);
  });

  test("resigning hands over within a second, to the next in line, with a greater token", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a, b, c] = await contend(time, store, ["a", "b", "c"]);
    await time.advance("1m");
    await a.term.resign();
    await time.advance(999);
    expect([b.terms.length, c.terms.length]).toEqual([1, 0]);
    expect(b.term.token).toBeGreaterThan(a.term.token);
    expect([a.term.isHeld(), b.term.isHeld(), a.term.signal.aborted]).toEqual([false, true, true]);
    expect([await writes(store, a.term), await writes(store, b.term)]).toEqual([false, true]);
    expect(await a.done).toBe(`led ${a.term.token}`);
    expect(a.losses).toEqual([]);
  });

  test("a leader that dies is followed within its time to live", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, faultsOf(store, { kind: "failBefore", method: "keepAlive" }), ["a"]);
    const b = new Contender(store, "b");
    await time.advance(15_000);
    expect([a.losses.length, b.terms.length]).toEqual([1, 1]);
    expect(b.term.token).toBeGreaterThan(a.term.token);
  });

  test("fifty contenders watch one key each, and one wakes at a time", async () => {
    using time = virtualTime();
    const store = recordStore(memoryStore());
    const names = Array.from({ length: 50 }, (_, index) => `c${index}`);
    const contenders = await contend(time, store, names);
    expect(store.callsOf("watch")).toHaveLength(49);
    const watched = store.callsOf("watch").flatMap(({ range }) => ("key" in range ? [range.key] : []));
    expect(new Set(watched).size).toBe(49);
    store.forget();
    for (const [index, each] of contenders.entries()) {
      expect(each.terms).toHaveLength(1);
      expect(contenders[index + 1]?.terms ?? []).toEqual([]);
      await each.term.resign();
      await time.settle();
    }
    expect(store.callsOf("range").length).toBeLessThanOrEqual(49);
    expect(store.callsOf("watch")).toEqual([]);
    const tokens = contenders.map(({ term }) => term.token);
    expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
  });

  test("one of them that goes leaves the others in their order", async () => {
    using time = virtualTime();
    const store = recordStore(memoryStore());
    const [a, b, c] = await contend(time, store, ["a", "b", "c"]);
    b.stop.abort(new Error("no longer"));
    await time.settle();
    expect(await keysOf(store, "/elections/")).toHaveLength(2);
    expect(store.callsOf("watch")).toHaveLength(3);
    await a.term.resign();
    await time.settle();
    expect([b.terms.length, c.terms.length]).toEqual([0, 1]);
  });
});

function faultsOf(store: StateStore, ...plan: StoreFault[]): StateStore {
  return withFaults(store, plan);
}

describe("whoever was waiting", () => {
  test("does not lead on a key that is gone, though it is next and has not heard of it", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, store, ["a"]);
    const b = new Contender(faultsOf(store, { kind: "leaseLoss", after: "1s", nth: [1] }), "b");
    await time.settle();
    const c = new Contender(store, "c");
    await time.advance("2s");
    await a.term.resign();
    await time.settle();
    expect([b.terms.length, c.terms.length]).toEqual([0, 1]);
    await time.advance("3s");
    await c.term.resign();
    await time.settle();
    expect(b.terms).toHaveLength(1);
    expect(await writes(store, b.term)).toBe(true);
  });
});

describe("the term", () => {
  test("ends by its deadline when renewals fail, before the store ends it", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, faultsOf(store, { kind: "failBefore", method: "keepAlive" }), ["a"]);
    expect(a.firstTerm.deadline()).toBe(10_000);
    await time.advance(9_999);
    expect([a.firstTerm.isHeld(), a.firstTerm.signal.aborted]).toEqual([true, false]);
    await time.advance(1);
    expect([a.firstTerm.isHeld(), a.firstTerm.signal.aborted]).toEqual([false, true]);
    expect(a.losses).toMatchObject([{ code: "LEASE_LOST", loss: "expired", cause: { code: "STORE_NOT_APPLIED" } }]);
    expect(() => {
      a.firstTerm.assertHeld();
    }).toThrow(LeaseLostError);
  });

  test("with a short time to live ends with half a second to spare", async () => {
    using time = virtualTime();
    const [a] = await contend(time, faults({ kind: "failBefore", method: "keepAlive" }), ["a"], { ttl: "2s" });
    expect(a.firstTerm.deadline()).toBe(1_300);
    await time.advance(1_300);
    expect(a.firstTerm.isHeld()).toBe(false);
  });

  test("is renewed a third of its time after the last renewal, and again soon when that fails", async () => {
    using time = virtualTime();
    const store = recordStore(faults({ kind: "failAfter", method: "keepAlive", nth: [2, 3] }));
    const [a] = await contend(time, store, ["a"]);
    await time.advance("20s");
    const [first, second, third, fourth] = store.callsOf("keepAlive").map(({ calledAt }) => calledAt);
    expect([first, second]).toEqual([5_000, 10_000]);
    expect((third ?? 0) - 10_000).toBeGreaterThanOrEqual(1_200);
    expect((third ?? 0) - 10_000).toBeLessThanOrEqual(1_800);
    expect(fourth).toBeLessThan(15_000);
    expect([a.term.isHeld(), a.losses]).toEqual([true, []]);
  });

  test("counts from when the renewal was sent, not from when it was answered", async () => {
    using time = virtualTime();
    const [a] = await contend(time, faults({ kind: "latency", method: "keepAlive", nth: [1], delay: "2s" }), ["a"]);
    await time.advance("7s");
    expect(a.term.deadline()).toBe(15_000);
  });

  test("does not wait for one renewal that hangs", async () => {
    using time = virtualTime();
    const store = recordStore(faults({ kind: "latency", method: "keepAlive", nth: [1], delay: "1h" }));
    const [a] = await contend(time, store, ["a"]);
    await time.advance("30s");
    expect([a.term.isHeld(), a.losses]).toEqual([true, []]);
    expect(store.callsOf("keepAlive")[1]?.calledAt).toBeLessThan(10_000);
  });

  test("is over when the answers to its renewals are lost, though the store holds on", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, faultsOf(store, { kind: "failAfter", method: "keepAlive" }), ["a"]);
    const b = new Contender(store, "b");
    await time.advance("10s");
    expect([a.term.isHeld(), b.terms.length]).toEqual([false, 1]);
    expect(a.losses).toMatchObject([{ cause: { code: "STORE_AMBIGUOUS" } }]);
  });

  test("is over in a blackhole, and another leads when the store's time has run out", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const blackhole: StoreFault[] = (["keepAlive", "revoke", "txn", "range", "grantLease"] as const).map((method) => ({
      kind: "latency",
      method,
      delay: "1d",
      nth: Array.from({ length: 1_000 }, (_, index) => index + (method === "keepAlive" || method === "revoke" ? 1 : 2)),
    }));
    const [a] = await contend(time, withFaults(store, blackhole), ["a"]);
    const b = new Contender(store, "b");
    await time.advance(9_999);
    expect([a.term.isHeld(), b.terms.length]).toEqual([true, 0]);
    await time.advance(1);
    expect([a.term.isHeld(), b.terms.length]).toEqual([false, 0]);
    await time.advance(5_000);
    expect(b.terms).toHaveLength(1);
  });

  test("whose lease the store drops early is fenced off at once, and over with the next renewal", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, faultsOf(store, { kind: "leaseLoss", after: "6s", nth: [1] }), ["a"]);
    const b = new Contender(store, "b");
    await time.advance("7s");
    expect([a.term.isHeld(), b.terms.length]).toEqual([true, 1]);
    expect([await writes(store, a.term), await writes(store, b.term)]).toEqual([false, true]);
    await time.advance("3s");
    expect(a.term.isHeld()).toBe(false);
    expect(a.losses).toMatchObject([{ loss: "gone" }]);
  });

  test("after a wait that took too long is not held: the event loop was blocked for 20 s", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const blocked = blockable(time);
    const { runtime } = blocked;
    const far = withFaults(store, [{ kind: "leaseLoss", after: "1s", nth: [1] }], { runtime });
    const [a] = await contend(time, far, ["a"], { runtime });
    const b = new Contender(store, "b");
    await time.advance("2s");
    blocked.block();
    await time.advance("20s");
    // Nothing of the process has run: what comes first after the block is the process's own question.
    expect([a.term.signal.aborted, b.terms.length]).toEqual([false, 1]);
    expect(() => {
      a.term.assertHeld();
    }).toThrow("it was not renewed in time");
    expect(a.term.signal.aborted).toBe(true);
    expect(await writes(store, a.term)).toBe(false);
    blocked.unblock();
    await time.advance("1s");
    expect([a.losses.length, b.term.isHeld()]).toEqual([1, true]);
  });

  test("is not brought back by an answer that comes when it is over: the process was stopped meanwhile", async () => {
    using time = virtualTime();
    const blocked = blockable(time);
    const far = faults({ kind: "latency", method: "keepAlive", nth: [1], delay: "6s" });
    const [a] = await contend(time, far, ["a"], { runtime: blocked.runtime });
    await time.advance("5s");
    blocked.block();
    await time.advance("6s");
    expect([a.firstTerm.isHeld(), a.losses.length]).toEqual([false, 1]);
    blocked.unblock();
  });

  test("ends when the wall clock jumps forward, and not when it jumps back", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, store, ["a"]);
    time.shiftWallClock(-3_600_000);
    await time.advance("1m");
    expect([a.term.isHeld(), a.losses]).toEqual([true, []]);
    time.shiftWallClock(3_600_000);
    const [term] = a.terms;
    expect(term?.isHeld()).toBe(false);
    expect(a.losses).toHaveLength(1);
    time.shiftWallClock(-3_600_000);
    expect(term?.isHeld()).toBe(false);
  });

  test("ends within a second of a jump forward though nobody asks", async () => {
    using time = virtualTime();
    const [a] = await contend(time, memoryStore(), ["a"]);
    time.shiftWallClock(3_600_000);
    await time.advance("1s");
    expect([a.terms[0]?.signal.aborted, a.losses.length, a.terms.length]).toEqual([true, 1, 2]);
  });

  test("ends before the store's on clocks that are a quarter too slow; too fast ones cost nothing", async () => {
    for (const rate of [0.75, 1.25]) {
      using time = virtualTime();
      const store = memoryStore();
      const [a] = await contend(time, store, ["a"], { runtime: ticking(time.runtime, rate) });
      await time.advance("10m");
      expect([rate, a.terms.length, a.losses]).toEqual([rate, 1, []]);
      const dying = new Contender(faultsOf(store, { kind: "failBefore", method: "keepAlive" }), "b", {
        name: "other",
        runtime: ticking(time.runtime, rate),
      });
      await time.settle();
      const other = new Contender(store, "c", { name: "other" });
      let overlapped = false;
      for (let step = 0; step < 160; step += 1) {
        await time.advance(100);
        overlapped ||= other.terms.length > 0 && dying.term.isHeld();
      }
      expect([overlapped, other.terms.length]).toEqual([false, 1]);
    }
  });

  test("of a store that was closed is over", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, store, ["a"]);
    await store.close();
    await time.settle();
    expect(a.term.isHeld()).toBe(false);
    expect(await a.done).toMatchObject({ code: "STORE_CLOSED" });
  });
});

/** A runtime whose process can be kept from running anything: its timers come late. */
function blockable({ runtime }: VirtualTime): {
  readonly runtime: VirtualTime["runtime"];
  block(): void;
  unblock(): void;
} {
  let late: (() => void)[] | undefined;
  return {
    runtime: {
      ...ticking(runtime, 1),
      timer: (ms, fn, label) =>
        runtime.timer(
          ms,
          () => {
            if (late === undefined) fn();
            else late.push(fn);
          },
          label,
        ),
    },
    block: () => {
      late = [];
    },
    unblock: () => {
      const due = late ?? [];
      late = undefined;
      for (const fn of due) fn();
    },
  };
}

describe("a store that is away", () => {
  const away = (from: number, calls: number): StoreFault => ({
    kind: "failBefore",
    nth: Array.from({ length: calls }, (_, index) => from + index),
  });

  test("for a moment costs nobody the term", async () => {
    using time = virtualTime();
    const [a] = await contend(time, faults({ kind: "failBefore", method: "keepAlive", nth: [1, 2] }), ["a"]);
    await time.advance("1m");
    expect([a.terms.length, a.losses]).toEqual([1, []]);
  });

  test("for longer ends it, and it is elected again when the store is back", async () => {
    using time = virtualTime();
    const [a] = await contend(time, faults({ kind: "failBefore", method: "keepAlive", nth: [1, 2, 3, 4, 5] }), ["a"]);
    await time.advance("30s");
    expect([a.terms.length, a.losses.length]).toEqual([2, 1]);
    expect(a.term.isHeld()).toBe(true);
  });

  test("at the start is waited for, and says so", async () => {
    using time = virtualTime();
    const [a] = await contend(time, faults(away(1, 3)), ["a"]);
    expect(a.election.health()).toMatchObject({ status: "warn", details: { role: "candidate" } });
    await time.advance("10s");
    expect(a.election.health()).toEqual({ status: "pass", details: { role: "leader", token: a.term.token } });
  });

  test("loses no place in the queue for those who wait", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, store, ["a"]);
    const b = new Contender(faultsOf(store, { kind: "failBefore", method: "range", nth: [2, 3] }), "b");
    await time.settle();
    const c = new Contender(store, "c");
    await time.settle();
    await a.term.resign();
    await time.advance("6s");
    expect([b.terms.length, c.terms.length]).toEqual([1, 0]);
  });

  test("with a claim of unknown outcome leaves no key behind", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, faultsOf(store, { kind: "failAfter", method: "txn", nth: [1] }), ["a"]);
    expect(await keysOf(store)).toEqual([]);
    await time.advance("3s");
    expect(a.terms).toHaveLength(1);
    expect(await keysOf(store)).toHaveLength(1);
  });

  test("that refuses for good ends the run with its error", async () => {
    using _time = virtualTime();
    const store = memoryStore();
    await store.close();
    const election = createElection(store, { name: "x" });
    expect(await outcome(election.run(() => 1))).toMatchObject({ code: "STORE_CLOSED" });
    expect(election.health()).toMatchObject({ status: "pass", details: { role: "idle" } });
  });

  test("that was restored without its keys ends the term at its next renewal", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, faultsOf(store, { kind: "leaseLoss", after: "1s", nth: [1] }), ["a"]);
    await time.advance("6s");
    expect([a.terms.length, a.losses.length]).toEqual([2, 1]);
  });
});

describe("the work", () => {
  test("ends the run with its result, and the term with it", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const election = createElection(store, { name: "x" });
    expect(await election.run((term) => term.token)).toBeGreaterThan(0);
    expect([await keysOf(store), election.term]).toEqual([[], undefined]);
    expect(await election.run(() => "again")).toBe("again");
    expect(time.failures).toEqual([]);
  });

  test("ends the run once the term has been given back", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const far = faultsOf(store, { kind: "latency", method: "revoke", delay: 500 });
    let isOver = false;
    void createElection(far, { name: "x" })
      .run(() => 1)
      .then(() => {
        isOver = true;
      });
    await time.advance(499);
    expect([isOver, (await keysOf(store)).length]).toEqual([false, 1]);
    await time.advance(1);
    expect([isOver, (await keysOf(store)).length]).toEqual([true, 0]);
  });

  test("ends the run with its error, and the term with it", async () => {
    using _time = virtualTime();
    const store = memoryStore();
    const error = new Error("out of disk");
    expect(await outcome(createElection(store, { name: "x" }).run(() => Promise.reject(error)))).toBe(error);
    expect(await keysOf(store)).toEqual([]);
  });

  test("is awaited before another term starts in this process, and health says so", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const inner = faultsOf(store, { kind: "failBefore", method: "keepAlive", nth: [1, 2, 3, 4, 5, 6] });
    const election = createElection(inner, { name: "x", identity: "slow" });
    const terms: Term[] = [];
    let end: () => void = () => undefined;
    void outcome(
      election.run(async (term) => {
        terms.push(term);
        await new Promise<void>((resolve) => {
          end = resolve;
        });
      }),
    );
    await time.advance("1m");
    expect([terms.length, terms[0]?.isHeld(), election.term]).toEqual([1, false, undefined]);
    expect(election.health()).toMatchObject({ status: "fail", details: { role: "deposed" } });
    end();
    await time.settle();
    expect(terms).toHaveLength(2);
    expect(election.health().status).toBe("pass");
  });

  test("that throws because its term is lost is called again; what else it throws is reported", async () => {
    using time = virtualTime();
    const election = createElection(faults({ kind: "leaseLoss", after: 1, nth: [1, 2] }), { name: "x" });
    const surprise = new Error("a plan half written");
    let terms = 0;
    void outcome(
      election.run(async (term) => {
        terms += 1;
        await time.runtime.sleep(3_600_000, { signal: term.signal }).catch((error: unknown) => {
          throw terms === 2 ? surprise : error;
        });
      }),
    );
    await time.advance("1m");
    expect(terms).toBe(3);
    expect(time.failures).toEqual([{ error: surprise, task: "election x" }]);
  });

  test("hears of an abort, leads on while it winds down, and decides what comes of it", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const stop = new AbortController();
    const reason = new Error("going down");
    const held: boolean[] = [];
    const run = createElection(store, { name: "x" }).run(
      async (term) => {
        await outcome(time.runtime.sleep(3_600_000, { signal: term.signal }));
        await time.runtime.sleep(30_000);
        held.push(term.isHeld(), term.signal.reason === reason, await writes(store, term));
        return "wound down";
      },
      { signal: stop.signal },
    );
    await time.advance("1m");
    stop.abort(reason);
    await time.advance("30s");
    expect([await run, held, await keysOf(store, "/elections/")]).toEqual(["wound down", [true, true, true], []]);
  });

  test("is not begun when the signal has aborted", async () => {
    using _time = virtualTime();
    const store = memoryStore();
    const reason = new Error("never mind");
    const run = createElection(store, { name: "x" }).run(() => 1, { signal: AbortSignal.abort(reason) });
    expect([await outcome(run), await keysOf(store)]).toEqual([reason, []]);
  });

  test("may resign and go on", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const b: Contender[] = [];
    const run = createElection(store, { name: "orchestrator" }).run(async (term) => {
      b.push(new Contender(store, "b"));
      await time.runtime.sleep(10);
      await term.resign();
      await term.resign();
      await time.runtime.sleep(10);
      return b[0]?.terms.length;
    });
    await time.advance(20);
    expect(await run).toBe(1);
  });
});

describe("giving up", () => {
  test("while waiting rejects with the reason and leaves no key", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a, b] = await contend(time, store, ["a", "b"]);
    const reason = new Error("enough");
    b.stop.abort(reason);
    await time.settle();
    expect([await b.done, (await keysOf(store)).length, a.term.isHeld()]).toEqual([reason, 1, true]);
  });

  test("at any moment leaves no key", async () => {
    for (let moment = 0; moment < 40; moment += 1) {
      using time = virtualTime();
      const store = memoryStore();
      const [a] = await contend(time, store, ["a"]);
      const b = new Contender(faultsOf(store, { kind: "latency", delay: 3 }), "b");
      await time.advance(moment);
      b.stop.abort(new Error("enough"));
      await time.advance("3s");
      expect([moment, await keysOf(store)]).toEqual([moment, [a.term.key]]);
      await b.done;
    }
  });

  test("without a store rejects all the same, soon", async () => {
    using time = virtualTime();
    const reason = new Error("enough");
    const [a] = await contend(time, faults({ kind: "latency", delay: "1h", nth: [3, 4, 5, 6, 7, 8, 9] }), ["a"]);
    a.stop.abort(reason);
    await time.advance("3s");
    expect(await a.done).toBe(reason);
  });

  test("resigning after the loss is harmless, and so is resigning without a store", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const plan: StoreFault[] = [
      { kind: "failBefore", method: "keepAlive" },
      { kind: "failBefore", method: "revoke" },
    ];
    const [a] = await contend(time, withFaults(store, plan), ["a"]);
    const b = new Contender(store, "b");
    await time.advance("20s");
    const resigned = a.firstTerm.resign();
    await time.advance("3s");
    await resigned;
    expect([b.term.isHeld(), time.failures]).toEqual([true, []]);
  });
});

describe("observers", () => {
  const seen = (rx: { readonly value: Leader | undefined }): string | undefined => rx.value?.identity;

  test("see who leads now, without contending, and each change", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const watcher = createElection(store, { name: "orchestrator", identity: "watcher" });
    const leaders: (string | undefined)[] = [];
    watcher.on("observed", (leader) => leaders.push(leader?.identity));
    const rx = watcher.observe();
    await time.settle();
    expect(seen(rx)).toBeUndefined();
    const [a, b] = await contend(time, store, ["a", "b"]);
    expect(rx.value).toEqual({ identity: "a", token: a.term.token });
    await a.term.resign();
    await time.settle();
    expect([seen(rx), await rx.changed()]).toEqual(["b", true]);
    await b.term.resign();
    await time.settle();
    expect([seen(rx), leaders]).toEqual([undefined, ["a", "b", undefined]]);
  });

  test("share one watch, which ends with the last of them", async () => {
    using time = virtualTime();
    const store = recordStore(memoryStore());
    await contend(time, store, ["a"]);
    store.forget();
    const watcher = createElection(store, { name: "orchestrator" });
    const one = watcher.observe();
    await time.settle();
    const two = watcher.observe();
    expect([seen(one), seen(two), two.hasChanged()]).toEqual(["a", "a", true]);
    one.close();
    await time.settle();
    expect(store.callsOf("watch")).toMatchObject([{ outcome: { kind: "pending" } }]);
    two.close();
    await time.settle();
    expect(store.callsOf("watch")[0]?.outcome.kind).not.toBe("pending");
    const three = watcher.observe();
    await time.settle();
    expect(seen(three)).toBe("a");
  });

  test("go through failures that pass, and end with the store", async () => {
    using time = virtualTime();
    const store = memoryStore();
    await contend(time, store, ["a"]);
    const watcher = createElection(faultsOf(store, { kind: "failBefore", method: "range", nth: [1, 2] }), {
      name: "orchestrator",
    });
    const rx = watcher.observe();
    await time.advance("10s");
    expect([seen(rx), rx.isClosed]).toEqual(["a", false]);
    await store.close();
    await time.settle();
    expect(rx.isClosed).toBe(true);
  });
});

describe("what it tells", () => {
  test("its owner and the runtime's observers hear of each term", async () => {
    using time = virtualTime();
    const heard: unknown[] = [];
    for (const name of ["election:elected", "election:lost"]) {
      time.runtime.signals.on(name, ({ election, identity }) => heard.push([name, election, identity]));
    }
    const election = createElection(faults({ kind: "leaseLoss", after: 1, nth: [1] }), { name: "x", identity: "a" });
    const tokens: number[] = [];
    using _listening = election.on("elected", ({ token }) => tokens.push(token));
    election.once("lost", ({ token }) => tokens.push(-token));
    expect([election.listenerCount("elected"), election.listenerCount("observed")]).toEqual([1, 0]);
    void outcome(
      election.run(
        (term) =>
          new Promise((resolve) => {
            term.signal.addEventListener("abort", resolve);
          }),
      ),
    );
    await time.advance("6s");
    expect(tokens).toEqual([tokens[0], -(tokens[0] ?? 0), tokens[2]]);
    expect(heard).toEqual([
      ["election:elected", "x", "a"],
      ["election:lost", "x", "a"],
      ["election:elected", "x", "a"],
    ]);
  });

  test("bad options are refused, each by its name", async () => {
    const store = memoryStore();
    const make = (options: Partial<ElectionOptions>) => () => createElection(store, { name: "x", ...options });
    expect(make({ name: "" })).toThrow("Expected `name`");
    expect(make({ name: "x".repeat(2_000) })).toThrow("name");
    expect(make({ identity: "" })).toThrow("Expected `identity`");
    expect(make({ ttl: "1s" })).toThrow("Expected `ttl` to be a number of at least 2000, got `1000`");
    expect(make({ ttl: Number.POSITIVE_INFINITY })).toThrow("Expected `ttl`");
    expect(make({ retry: "soon" as "1s" })).toThrow("Expected `retry`");
    const election = createElection(store, { name: "x" });
    expect(await outcome(election.run(undefined as never))).toBeInstanceOf(TypeError);
  });

  test("running twice is refused: one contender leads once", async () => {
    using time = virtualTime();
    const store = memoryStore();
    const [a] = await contend(time, store, ["a"]);
    expect(await outcome(a.election.run(() => 1))).toBeInstanceOf(TypeError);
    await put(store, "/unrelated", "");
    expect(a.term.isHeld()).toBe(true);
  });
});
