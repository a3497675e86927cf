import { expect } from "vitest";
import { systemRuntime } from "keelson/core";
import { type Revision, type StateStore, op } from "keelson/store";
import type { FaultProxy } from "keelson/testing";
import { outcome } from "../support/outcome.js";

interface Cuts {
  readonly watcher: StateStore;
  readonly writer: StateStore;
  /** Between the watcher and its server. */
  readonly proxy: FaultProxy;
  readonly events: number;
  readonly cuts: number;
}

const perTxn = 5;

/** Cuts a watch off again and again, at random bytes, while events come; then resumes where history is gone. */
export async function survivesCuts({ watcher, writer, proxy, events, cuts }: Cuts): Promise<void> {
  const first = (await writer.get("/e")).revision + 1;
  const last = first + events / perTxn - 1;
  const watching = collect(watcher, first, last);
  const writing = write(writer, events);
  const runtime = systemRuntime();
  for (let done = 0; done < cuts; done = proxy.counts.cuts) {
    const bytes = 1 + Math.floor(runtime.random() * 20_000);
    await Promise.race([proxy.cutAfter(bytes), runtime.sleep(200)]);
    if (proxy.counts.cuts === done) proxy.cut(); // where there is a connection
  }
  proxy.heal();
  await writing;
  const seen = await watching;
  expect(proxy.counts.cuts).toBeGreaterThanOrEqual(cuts);
  const expected = Array.from(
    { length: events },
    (_, index) => `${first + Math.floor(index / perTxn)} /e/${index % perTxn}`,
  );
  expect(seen.length).toBe(expected.length);
  expect(seen).toEqual(expected);
  await writer.compact(last - 1);
  const late = watcher.watch({ prefix: "/e/" }, { from: first })[Symbol.asyncIterator]();
  expect(await outcome(late.next())).toMatchObject({ code: "STORE_COMPACTED", compactRevision: last - 1 });
}

async function write(store: StateStore, events: number): Promise<void> {
  for (let done = 0; done < events; done += perTxn) {
    const ops = Array.from({ length: perTxn }, (_, index) => op.put(`/e/${index}`, String(done + index)));
    await store.txn({ then: ops });
  }
}

async function collect(store: StateStore, first: Revision, last: Revision): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const batch of store.watch({ prefix: "/e/" }, { from: first })) {
    if (batch.type === "events") seen.push(...batch.events.map(({ kv }) => `${kv.modRevision} ${kv.key}`));
    if (batch.revision >= last) break;
  }
  return seen;
}
