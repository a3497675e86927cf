import { expect } from "vitest";
import { type Revision, type StateStore, put } from "keelson/store";
import { text } from "../support/store.js";
import { WriterProcess } from "../support/writer-process.js";

/** Kills a writer in the midst of acknowledged writes, and looks what is left of them. */
export async function survivesKill(url: string, open: () => StateStore): Promise<void> {
  const writer = new WriterProcess(url, "first");
  await writer.writes(1_000);
  await writer.kill();
  const store = open();
  const { acknowledged } = writer;
  const last = Math.max(...acknowledged.keys());
  const history = await changesUntil(store, last);
  const lost = [...acknowledged].filter(([revision, value]) => history.get(revision) !== value);
  expect(acknowledged.size).toBeGreaterThanOrEqual(1_000);
  expect(lost).toEqual([]);
  // What was under way when it died may be there too; a new write comes after all of it.
  const { revision } = await store.get("/w/first/1");
  expect(await put(store, "/w/later", "x")).toBe(revision + 1);
  expect(revision).toBeGreaterThanOrEqual(last);
  await store.close();
}

async function changesUntil(store: StateStore, last: Revision): Promise<ReadonlyMap<Revision, string | undefined>> {
  const seen = new Map<Revision, string | undefined>();
  for await (const batch of store.watch({ prefix: "/w/" }, { from: 2 })) {
    if (batch.type === "events") for (const { kv } of batch.events) seen.set(batch.revision, text(kv));
    if (batch.revision >= last) break;
  }
  return seen;
}
