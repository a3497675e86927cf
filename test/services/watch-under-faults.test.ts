import { expect, test } from "vitest";
import { type StateStore, type WatchBatch, compareKeys, op } from "keelson/store";
import { etcdStore } from "keelson/store/etcd";
import { type FaultProxy, faultProxy } from "keelson/testing";
import { etcdMissing, postgresMissing, startEtcd, startPostgres } from "../support/servers.js";
import { outcome } from "../support/outcome.js";
import { describeUnless } from "../support/when.js";
import { openAt } from "../workloads/open-store.js";

const patience = 900_000;
const patient = "60s";
const allEvents = 50_000;
const wantedCuts = 200;
const perTxn = 25;
const range = { prefix: "/faults/" };

interface Stage {
  /** Writes; nothing comes between. */
  readonly writer: StateStore;
  /** Watches, through the proxy. */
  readonly watcher: StateStore;
  readonly proxy: FaultProxy;
}

/** Cuts the connection at a random byte, again and again. */
async function cutAgainAndAgain(proxy: FaultProxy): Promise<void> {
  while (proxy.counts.cuts < wantedCuts) await proxy.cutAfter(1 + Math.floor(Math.random() * 8_000), "fromTarget");
}

/** Writes events while the watch's connection is cut; answers what the watch saw, as numbers in order of arrival. */
async function watchWhileCut({ writer, watcher, proxy }: Stage): Promise<readonly number[]> {
  const seen: number[] = [];
  let revision = 0;
  const batches = watcher.watch(range, { progressMs: 500 })[Symbol.asyncIterator]();
  await batches.next(); // the watch stands before the first write
  const watching = (async (): Promise<void> => {
    for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
      const batch = next.value;
      if (batch.type === "progress") continue;
      expect(batch.revision).toBeGreaterThan(revision);
      revision = batch.revision;
      seen.push(...numbersIn(batch));
      if (seen.length >= allEvents) break;
    }
    await batches.return?.();
  })();
  watching.catch(() => undefined);
  const cutting = cutAgainAndAgain(proxy);
  for (let next = 0; next < allEvents; next += perTxn) {
    const then = Array.from({ length: perTxn }, (_, index) => op.put(keyOf(next + index), String(next + index)));
    await writer.txn({ then });
    // Far behind, all would come in one piece, which cuts would keep from ever arriving.
    while (next - seen.length > 2_000) await new Promise((resolve) => setTimeout(resolve, 5));
    const cutsWanted = (wantedCuts * next) / allEvents;
    while (proxy.counts.cuts < cutsWanted - 20) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await watching;
  while (proxy.counts.cuts < wantedCuts) await outcome(watcher.get("/faults/"));
  await cutting;
  return seen;
}

const keyOf = (index: number): string => `/faults/${String(index % 1_000).padStart(3, "0")}`;

/** Within a revision the order of keys is the store's. */
function numbersIn(batch: Extract<WatchBatch, { type: "events" }>): readonly number[] {
  const decoder = new TextDecoder();
  const kvs = batch.events.map(({ kv }) => kv).sort((a, b) => compareKeys(a.key, b.key));
  return kvs.map(({ value }) => Number(decoder.decode(value)));
}

async function losesNothing(stage: Stage): Promise<void> {
  const seen = await watchWhileCut(stage);
  const lost = allEvents - new Set(seen).size;
  const doubled = seen.length - new Set(seen).size;
  console.log(`${stage.proxy.counts.cuts} cuts: lost ${lost}, doubled ${doubled} of ${allEvents}`);
  expect({ lost, doubled }).toEqual({ lost: 0, doubled: 0 });
  expect(seen).toEqual(Array.from({ length: allEvents }, (_, index) => index));
  expect(stage.proxy.counts.cuts).toBeGreaterThanOrEqual(wantedCuts);
}

describeUnless(etcdMissing(), "a watch on etcd whose connection is cut 200 times", () => {
  test("loses nothing, shows nothing twice, and keeps the order", { timeout: patience }, async () => {
    await using etcd = await startEtcd();
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const writer = await openAt(etcd.url, patient);
    const watcher = await openAt(`etcd://127.0.0.1:${proxy.port}`);
    await losesNothing({ writer, watcher, proxy });
    await Promise.all([writer.close(), watcher.close()]);
  });

  test("ends with CompactedError where what it missed is gone", { timeout: patience }, async () => {
    await using etcd = await startEtcd();
    await using proxy = await faultProxy({ target: etcd.endpoints[0] ?? "" });
    const writer = await etcdStore({ url: etcd.url, compactEtcd: true, timeout: patient });
    const watcher = await openAt(`etcd://127.0.0.1:${proxy.port}`);
    await endsCompacted({ writer, watcher, proxy });
    await Promise.all([writer.close(), watcher.close()]);
  });
});

describeUnless(postgresMissing(), "a watch on Postgres whose connection is cut 200 times", () => {
  test("loses nothing, shows nothing twice, and keeps the order", { timeout: patience }, async () => {
    await using postgres = await startPostgres();
    await using proxy = await faultProxy({ target: `127.0.0.1:${postgres.port}` });
    const writer = await openAt(postgres.url, patient);
    const watcher = await openAt(postgres.url.replace(String(postgres.port), String(proxy.port)));
    await losesNothing({ writer, watcher, proxy });
    await Promise.all([writer.close(), watcher.close()]);
  });

  test("ends with CompactedError where what it missed is gone", { timeout: patience }, async () => {
    await using postgres = await startPostgres();
    await using proxy = await faultProxy({ target: `127.0.0.1:${postgres.port}` });
    const writer = await openAt(postgres.url, patient);
    const watcher = await openAt(postgres.url.replace(String(postgres.port), String(proxy.port)));
    await endsCompacted({ writer, watcher, proxy });
    await Promise.all([writer.close(), watcher.close()]);
  });
});

async function endsCompacted({ writer, watcher, proxy }: Stage): Promise<void> {
  const watch = watcher.watch(range)[Symbol.asyncIterator]();
  await watch.next();
  proxy.refuse();
  proxy.cut();
  for (let round = 0; round < 3; round += 1) await writer.txn({ then: [op.put(keyOf(0), String(round))] });
  const { revision } = await writer.get(keyOf(0));
  await writer.compact(revision - 1);
  proxy.heal();
  const next = async (): Promise<never> => {
    for (;;) {
      const { value } = (await watch.next()) as { readonly value: WatchBatch | undefined };
      if (value?.type !== "progress") throw new Error(`Expected the watch to fail, got ${JSON.stringify(value)}`);
    }
  };
  expect(await outcome(next())).toMatchObject({ code: "STORE_COMPACTED" });
}
