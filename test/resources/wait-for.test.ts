import { type ResourceClient, createResourceClient, waitFor, waitForDeletion } from "keelson/resources";
import { TimeoutError } from "keelson/core";
import { op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultyStore, faultyStore } from "./faulty-store.js";
import { Workload } from "./workload.js";

let time: VirtualTime;
let faults: FaultyStore;
let client: ResourceClient;

beforeEach(() => {
  time = virtualTime();
  faults = faultyStore(memoryStore());
  client = createResourceClient(faults.store);
});

afterEach(async () => {
  await time.settle();
  expect(time.failures).toStrictEqual([]);
  await faults.store.close();
  time[Symbol.dispose]();
});

const draft = { metadata: { name: "web" }, spec: { image: "a" } };
const isReady = ({ status }: Workload): boolean => status?.ready === 1;

test("resolves with the object that is there, or comes, or becomes as wanted", async () => {
  const waiting = waitFor(client, Workload, "web", isReady, { timeout: "1m" });
  await time.settle();
  const web = await client.create(Workload, draft);
  const ready = await client.patchStatus(web, { ready: 1 });
  expect(await waiting).toStrictEqual(ready);
  expect(await waitFor(client, Workload, { name: "web", namespace: "default" }, isReady)).toStrictEqual(ready);
});

test("a timeout rejects with TimeoutError and leaves nothing behind", async () => {
  await client.create(Workload, draft);
  const waiting = waitFor(client, Workload, "web", isReady, { timeout: "1m" }).catch((error: unknown) => error);
  await time.advance("59s");
  await time.advance("1s");
  expect(await waiting).toBeInstanceOf(TimeoutError);
});

test("an abort rejects with the reason, unchanged", async () => {
  const stop = new AbortController();
  const reason = { why: "enough" };
  const waits = [
    waitFor(client, Workload, "web", isReady, { signal: stop.signal }),
    waitFor(client, Workload, "web", isReady, { signal: stop.signal, timeout: "1m" }),
  ].map((promise) => promise.catch((error: unknown) => error));
  await time.settle();
  stop.abort(reason);
  for (const wait of waits) expect(await wait).toBe(reason);
  await expect(waitFor(client, Workload, "web", isReady, { signal: stop.signal })).rejects.toBe(reason);
});

test("timeout 0 reads once", async () => {
  await expect(waitFor(client, Workload, "web", isReady, { timeout: 0 })).rejects.toThrow(TimeoutError);
  const web = await client.create(Workload, draft);
  await expect(waitFor(client, Workload, "web", isReady, { timeout: 0 })).rejects.toThrow(TimeoutError);
  await expect(waitForDeletion(client, Workload, web, { timeout: 0 })).rejects.toThrow(TimeoutError);
  const ready = await client.patchStatus(web, { ready: 1 });
  expect(await waitFor(client, Workload, "web", isReady, { timeout: 0 })).toStrictEqual(ready);
  await client.delete(web);
  await waitForDeletion(client, Workload, web, { timeout: 0 });
  expect(faults.calls).not.toContain("watch");
});

test("what the predicate throws, and an object that cannot be read, reject", async () => {
  await client.create(Workload, draft);
  const oops = new Error("oops");
  const throwing = (): boolean => {
    throw oops;
  };
  await expect(waitFor(client, Workload, "web", throwing)).rejects.toBe(oops);
  await faults.store.txn({ then: [op.put("/resources/Workload/default/web", "{")] });
  await expect(waitFor(client, Workload, "web", isReady)).rejects.toMatchObject({ code: "RESOURCE_UNREADABLE" });
});

test("waitForDeletion resolves when the object is gone, though another has its name", async () => {
  const web = await client.create(Workload, { ...draft, metadata: { name: "web", finalizers: ["x.dev/a"] } });
  let gone = false;
  const waiting = waitForDeletion(client, Workload, web, { timeout: "1m" }).then(() => (gone = true));
  await client.delete(web);
  await time.settle();
  expect(gone).toBe(false);
  await client.update(web, ({ metadata }) => void metadata.finalizers.pop());
  await waiting;
  await client.create(Workload, draft);
  await waitForDeletion(client, Workload, web);
});
