import { createElection } from "keelson/cluster";
import { NotLeaderError, type Runnable, createManager, defineController } from "keelson/controllers";
import { createResourceClient } from "keelson/resources";
import { CompactedError, type StateStore, op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime, withFaults } from "keelson/testing";
import { expect, test } from "vitest";
import { relistingStore } from "../../src/controllers/relisting-store.js";
import { outcome } from "../support/outcome.js";
import { settled } from "../support/settled.js";
import { delayedStore, quietStore } from "./delayed-store.js";
import { Parent } from "./world.js";

const parent = (name: string) => [Parent, { metadata: { name }, spec: { size: 1 } }] as const;

/** A manager of a store that contends for leadership, and what it did. */
function contender(store: StateStore, identity: string, contest: StateStore = store) {
  const steps: string[] = [];
  const controllers = (["leader", "everywhere"] as const).map((runs) =>
    defineController({
      name: runs,
      for: Parent,
      runs,
      async reconcile(resource, { client, signal }) {
        steps.push(`${runs} ${resource.metadata.name}`);
        signal.addEventListener("abort", () => steps.push(`${runs} aborted`));
        if (runs === "leader") await client.patchStatus(resource, { seen: 1 });
      },
    }),
  );
  const runnable = (runs: NonNullable<Runnable["runs"]>): Runnable => ({
    name: runs,
    runs,
    warmUp: () => {
      steps.push(`warm-up of ${runs}`);
      return Promise.resolve();
    },
    run: (signal) =>
      new Promise((resolve) => {
        steps.push(`${runs} starts`);
        signal.addEventListener("abort", () => {
          steps.push(`${runs} ends`);
          resolve();
        });
      }),
  });
  const runnables = (["leader", "server", "everywhere"] as const).map(runnable);
  const election = createElection(contest, { name: "orchestrator", identity });
  const manager = createManager({ store, controllers, runnables, leaderElection: election });
  const stop = new AbortController();
  const running = outcome(manager.run(stop.signal));
  return { steps, manager, stop, running, election };
}

async function inVirtualTime(body: (time: VirtualTime, store: StateStore) => Promise<void>): Promise<void> {
  using time = virtualTime();
  await body(time, memoryStore());
}

test("servers start first and end last; the leader's part starts once it leads, and ends after the rest", () =>
  inVirtualTime(async (time, store) => {
    const a = contender(store, "a");
    await time.advance("1s");
    expect(a.manager.leads).toBe(true);
    expect(a.steps).toEqual([
      "server starts",
      "everywhere starts",
      "warm-up of leader",
      "warm-up of server",
      "warm-up of everywhere",
      "leader starts",
    ]);
    a.steps.length = 0;
    const held = await store.range({ prefix: "/elections/" });
    expect(held.kvs).toHaveLength(1);
    let stillHeld = false;
    a.manager.events.on("stopped", () => (stillHeld = a.election.term !== undefined));
    a.stop.abort();
    await time.advance("10s");
    expect(await a.running).toBeUndefined();
    expect(a.steps).toEqual(["everywhere ends", "leader ends", "server ends"]);
    // Given up only after everything else has ended.
    expect([stillHeld, (await store.range({ prefix: "/elections/" })).kvs]).toEqual([false, []]);
    expect(a.manager.health()).toMatchObject({ status: "warn", details: { leads: false } });
  }));

test("only one leads; the others work everywhere else, and take over once it stops", () =>
  inVirtualTime(async (time, store) => {
    const a = contender(store, "a");
    await time.advance("1s");
    const b = contender(store, "b");
    await time.advance("1s");
    const client = createResourceClient(store);
    await client.create(...parent("p"));
    await time.advance("1s");
    const work = (steps: readonly string[]) => [...new Set(steps.filter((step) => step.endsWith(" p")))];
    expect([work(a.steps), work(b.steps)]).toEqual([["leader p", "everywhere p"], ["everywhere p"]]);
    expect([a.manager.leads, b.manager.leads]).toEqual([true, false]);
    a.stop.abort();
    await time.advance("5s");
    await a.running;
    expect([work(b.steps).sort(), b.manager.leads]).toEqual([["everywhere p", "leader p"], true]);
    b.stop.abort();
    await time.advance("5s");
    expect(await b.running).toBeUndefined();
  }));

test("one that loses its term stops at once with an error, and nothing of it is written any more", () =>
  inVirtualTime(async (time, store) => {
    const a = contender(store, "a");
    await time.advance("1s");
    // Another one took over while this one was not looking.
    const [own] = (await store.range({ prefix: "/elections/" })).kvs;
    if (own === undefined) throw new Error("nobody leads");
    await store.txn({ then: [op.delete(own.key)] });
    const client = createResourceClient(store);
    await client.create(...parent("p"));
    await time.advance(0);
    expect(await a.running).toBeInstanceOf(NotLeaderError);
    expect((await client.get(Parent, "p"))?.status).toBeUndefined();
    await time.advance("1m");
  }));

test("one that lost its term says so at once, and contends no more", () =>
  inVirtualTime(async (time, store) => {
    const a = contender(store, "a", withFaults(store, [{ kind: "failBefore", method: "keepAlive" }]));
    await time.advance("1s");
    const b = contender(store, "b");
    let leads: boolean | undefined;
    a.election.on("lost", () => {
      queueMicrotask(() => (leads = a.manager.leads));
    });
    await time.advance("1m");
    expect([await a.running, leads]).toEqual([expect.any(NotLeaderError), false]);
    const { kvs } = await store.range({ prefix: "/elections/" });
    expect([kvs.length, b.manager.leads]).toEqual([1, true]);
    b.stop.abort();
    await time.advance("5s");
    await b.running;
  }));

test("the leader's part waits until the caches have seen all that was written before it led", () =>
  inVirtualTime(async (time, store) => {
    const a = contender(store, "a");
    await time.advance("1s");
    const b = contender(
      delayedStore(store, () => 5000),
      "b",
      store,
    );
    await time.advance("10s");
    a.stop.abort();
    const client = createResourceClient(store);
    await client.create(...parent("p"));
    await time.advance("4s");
    await a.running;
    expect([b.election.term === undefined, b.manager.leads, b.steps.includes("leader p")]).toEqual([
      false,
      false,
      false,
    ]);
    await time.advance("10s");
    expect([b.manager.leads, b.steps.includes("leader p")]).toEqual([true, true]);
    b.stop.abort();
    await time.advance("1m");
    expect(await settled(b.running)).toBe(true);
  }));

test("a store that reports no progress is read again by a new leader, and what its watches still deliver is dropped", () =>
  inVirtualTime(async (time, store) => {
    const client = createResourceClient(store);
    const kept = await client.create(...parent("kept"));
    const gone = await client.create(...parent("gone"));
    const a = contender(store, "a");
    await time.advance("1s");
    const seen: string[] = [];
    const sizes = defineController({
      name: "sizes",
      for: Parent,
      reconcile({ metadata, spec }, { cache }) {
        seen.push(`${metadata.name} ${String(spec.size)} of ${String(cache.list(Parent).length)}`);
      },
    });
    // Its watches are a minute behind, and never say how far they are.
    const late = quietStore(store, () => 60_000);
    const leaderElection = createElection(store, { name: "orchestrator", identity: "b" });
    const b = createManager({ store: late, controllers: [sizes], leaderElection });
    const stop = new AbortController();
    const running = outcome(b.run(stop.signal));
    await time.advance("1s");
    await client.update(kept, (draft) => {
      draft.spec.size = 2;
    });
    await client.delete(gone);
    await client.create(...parent("fresh"));
    a.stop.abort();
    await time.advance("5s");
    await a.running;
    expect([b.leads, seen.sort()]).toEqual([true, ["fresh 1 of 2", "kept 2 of 2"]]);
    seen.length = 0;
    // The old watch would have told by now that `kept` was of size 1, and that `gone` was there.
    await time.advance("5m");
    expect([b.caches().map(({ objects }) => objects), seen]).toEqual([[2], []]);
    stop.abort();
    await time.advance("1m");
    expect(await running).toBeUndefined();
  }));

test("what was listed before a relist is not watched from, but listed again", () =>
  inVirtualTime(async (_time, inner) => {
    const { store, relist } = relistingStore(inner);
    const { revision } = await store.txn({ then: [op.put("/a", "1")] });
    const first = (from: number) => outcome(store.watch({ prefix: "/" }, { from })[Symbol.asyncIterator]().next());
    relist(revision);
    relist(revision - 1);
    expect(await first(revision)).toBeInstanceOf(CompactedError);
    expect(await first(revision + 1)).toMatchObject({ value: { type: "progress" } });
  }));

test("options make an election of their own", () =>
  inVirtualTime(async (time, store) => {
    const stop = new AbortController();
    const manager = createManager({ store, controllers: [], leaderElection: { name: "other" } });
    const running = manager.run(stop.signal);
    await time.advance("1s");
    expect([manager.leads, (await store.range({ prefix: "/elections/other/" })).kvs.length]).toEqual([true, 1]);
    stop.abort();
    await time.advance("5s");
    await running;
  }));
