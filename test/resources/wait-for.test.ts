import {
  type Condition,
  type ResourceClient,
  createResourceClient,
  defineKind,
  waitFor,
  waitForDeletion,
} from "keelson/resources";
import { TimeoutError } from "keelson/core";
import { op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";
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

describe("a timeout says how the object was last seen:", () => {
  /** What a wait in vain names as its cause. */
  async function cause(waiting: Promise<unknown>): Promise<string> {
    const rejected = outcome(waiting);
    await time.advance("1s");
    const error = await rejected;
    expect(error).toMatchObject({ code: "TIMEOUT", timeoutMs: 1_000 });
    return String((error as Error).cause);
  }
  const wait = () => cause(waitFor(client, Workload, "web", isReady, { timeout: "1s" }));

  test("that there was none, or none any more", async () => {
    expect(await wait()).toBe("Error: there was no Workload default/web");
    const web = await client.create(Workload, draft);
    const waiting = wait();
    await client.delete(web);
    expect(await waiting).toBe("Error: there was no Workload default/web");
  });

  test("its conditions", async () => {
    const Job = defineKind<object, { conditions: readonly Condition[] }>()("Job", { scope: "cluster" });
    const job = await client.create(Job, { metadata: { name: "j" }, spec: {} });
    const waits = () => cause(waitFor(client, Job, "j", () => false, { timeout: "1s" }));
    expect(await waits()).toBe("Error: Job j was last seen with no conditions");
    const lastTransitionTime = "2030-01-01T00:00:00.000Z";
    const conditions = [
      { type: "Ready", status: "False", reason: "Pulling", message: "the image is large", lastTransitionTime },
      { type: "Bound", status: "True", reason: "Fits", message: "", lastTransitionTime },
    ] as const;
    await client.patchStatus(job, { conditions });
    const seen = "Error: Job j was last seen with Ready False (Pulling: the image is large), Bound True (Fits)";
    expect(await waits()).toBe(seen);
    const once = await outcome(waitFor(client, Job, "j", () => false, { timeout: 0 }));
    expect(String((once as Error).cause)).toBe(seen);
  });

  test("what its deletion waits for", async () => {
    const web = await client.create(Workload, { ...draft, metadata: { name: "web", finalizers: ["x.dev/a"] } });
    await client.delete(web);
    const seen = "Error: Workload default/web was last seen with no conditions, its deletion waiting for x.dev/a";
    expect(await cause(waitForDeletion(client, Workload, web, { timeout: "1s" }))).toBe(seen);
    const once = await outcome(waitForDeletion(client, Workload, web, { timeout: 0 }));
    expect(String((once as Error).cause)).toBe(seen);
  });

  test("that nothing was heard", async () => {
    const deaf = {
      ...client,
      watch: () => ({ [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) }),
    };
    const waiting = waitFor(deaf, Workload, "web", isReady, { timeout: "1s" });
    expect(await cause(waiting)).toBe("Error: nothing was heard of Workload default/web yet");
  });
});

test("a TimeoutError that is not of the wait itself is left as it is", async () => {
  const late = new TimeoutError(5);
  await client.create(Workload, draft);
  const throwing = (): boolean => {
    throw late;
  };
  await expect(waitFor(client, Workload, "web", throwing, { timeout: "1m" })).rejects.toBe(late);
  const stop = new AbortController();
  const waiting = outcome(waitFor(client, Workload, "web", isReady, { timeout: "1m", signal: stop.signal }));
  await time.settle();
  stop.abort(late);
  expect(await waiting).toBe(late);
});

test("a wrong argument is refused by name", async () => {
  const wrong = (value: unknown) => waitForDeletion(client, Workload, value as Workload);
  await expect(wrong("web")).rejects.toThrow('Expected `resource` to be an object, got "web"');
  await expect(wrong({ name: "web" })).rejects.toThrow("Expected `resource.metadata` to be an object, got `undefined`");
  const notOne = undefined as unknown as typeof isReady;
  await expect(waitFor(client, Workload, "web", notOne)).rejects.toThrow("Expected `predicate` to be a function");
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
