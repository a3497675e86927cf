import {
  AlreadyExistsError,
  ConflictError,
  FencedError,
  type ResourceClient,
  createResourceClient,
} from "keelson/resources";
import { AmbiguousResultError, type Compare, StoreUnavailableError, op, when } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { beforeEach, expect, test } from "vitest";
import { type FaultyStore, faultyStore } from "./faulty-store.js";
import { Workload } from "./workload.js";

let faults: FaultyStore;
let ours: ResourceClient;
let theirs: ResourceClient;

beforeEach(() => {
  const store = memoryStore();
  faults = faultyStore(store);
  ours = createResourceClient(faults.store);
  theirs = createResourceClient(store);
});

const draft = { metadata: { name: "web" }, spec: { image: "a" } };

test("an update that somebody gets ahead of is run again on the latest", async () => {
  const web = await theirs.create(Workload, draft);
  faults.nextTxn(async (run) => {
    await theirs.update(web, ({ spec }) => void (spec.replicas += 10));
    return run();
  });
  const seen: number[] = [];
  await ours.list(Workload);
  const updated = await ours.update(web, ({ spec }, latest) => {
    seen.push(latest.spec.replicas);
    spec.replicas += 1;
  });
  expect(seen).toStrictEqual([1, 11]);
  expect(updated.spec.replicas).toBe(12);
});

test("two clients' updates and status writes all come through", async () => {
  using time = virtualTime({ autoAdvance: true });
  const clients = [createResourceClient(faults.store), createResourceClient(faults.store)];
  const web = await clients[0]?.create(Workload, { ...draft, spec: { image: "a", replicas: 0 } });
  if (web === undefined) throw new Error("no object");
  await clients[1]?.list(Workload);
  await Promise.all(
    clients.flatMap((client) => [
      client.update(web, ({ spec }) => void (spec.replicas += 1)),
      client.patchStatus(web, { phase: "Running" }),
    ]),
  );
  const latest = await clients[0]?.get(Workload, "web");
  expect([latest?.spec.replicas, latest?.status?.phase, latest?.metadata.generation]).toStrictEqual([2, "Running", 3]);
  expect(time.failures).toStrictEqual([]);
});

test("a replace that somebody gets ahead of at the last moment is a conflict", async () => {
  const web = await ours.create(Workload, draft);
  await theirs.list(Workload);
  faults.nextTxn(async (run) => {
    await theirs.patchStatus(web, { ready: 1 });
    return run();
  });
  await expect(ours.replace({ ...web, spec: { ...web.spec, replicas: 2 } })).rejects.toThrow(ConflictError);
});

test("a delete that somebody gets ahead of looks again: a finalizer added meanwhile is honoured", async () => {
  const web = await ours.create(Workload, draft);
  await theirs.list(Workload);
  faults.nextTxn(async (run) => {
    await theirs.update(web, ({ metadata }) => void metadata.finalizers.push("x.dev/hold"));
    return run();
  });
  await ours.delete(web);
  expect((await ours.get(Workload, "web"))?.metadata.deletionTimestamp).toBeDefined();
});

test("an ambiguous create that took place is settled by reading back our uid", async () => {
  const writes: string[] = [];
  const client = createResourceClient(faults.store, { onWrite: (_, { name }) => void writes.push(name) });
  faults.nextTxn(async (run) => {
    await run();
    throw new AmbiguousResultError("cut off");
  });
  const web = await client.create(Workload, draft);
  expect(await theirs.get(Workload, "web")).toStrictEqual(web);
  expect(writes).toStrictEqual(["web"]);
});

test("an ambiguous create whose name somebody else took is AlreadyExists", async () => {
  faults.nextTxn(async () => {
    await theirs.create(Workload, draft);
    throw new AmbiguousResultError("cut off");
  });
  await expect(ours.create(Workload, draft)).rejects.toThrow(AlreadyExistsError);
});

test("an ambiguous create of which nothing can be seen stays ambiguous: it may still come", async () => {
  const cut = new AmbiguousResultError("cut off");
  faults.nextTxn(() => Promise.reject(cut));
  await expect(ours.create(Workload, draft)).rejects.toBe(cut);
  const stop = new AbortController();
  faults.nextTxn(async (run) => {
    await run();
    stop.abort(new Error("enough"));
    throw cut;
  });
  await expect(ours.create(Workload, draft, { signal: stop.signal })).rejects.toBe(cut);
});

test("other failures of the store reach the writer as they are, and nothing is tried again", async () => {
  const web = await ours.create(Workload, draft);
  for (const error of [new StoreUnavailableError("down"), new AmbiguousResultError("cut off")]) {
    faults.nextTxn(() => Promise.reject(error));
    await expect(ours.patchStatus(web, { ready: 1 })).rejects.toBe(error);
  }
  expect((await ours.get(Workload, "web"))?.status).toBeUndefined();
});

test.each<[string, Compare, boolean]>([
  ["value =", when("/leader").value("=", new TextEncoder().encode("me")), true],
  ["value !=", when("/leader").value("!=", new TextEncoder().encode("me")), false],
  ["value of another length", when("/leader").value("=", new TextEncoder().encode("meh")), false],
  ["value of an absent key", when("/nobody").value("!=", new TextEncoder().encode("me")), false],
  ["version =", when("/leader").version("=", 1), true],
  ["version of an absent key", when("/nobody").version("=", 0), true],
  ["version !=", when("/leader").version("!=", 1), false],
  ["createRevision <", when("/leader").createRevision("<", 1_000), true],
  ["modRevision >", when("/leader").modRevision(">", 1_000), false],
  ["no lease", when("/leader").lease("="), true],
  ["a lease", when("/leader").lease("=", "lease"), false],
])("a fence by %s: a write that fails for it is fenced, others are not", async (_, compare, holds) => {
  await faults.store.txn({ then: [op.put("/leader", "me")] });
  const fenced = createResourceClient(faults.store, { fence: () => [compare] });
  const create = fenced.create(Workload, draft);
  if (holds) {
    const web = await create;
    await expect(fenced.create(Workload, draft)).rejects.toThrow(AlreadyExistsError);
    faults.nextTxn(async (run) => {
      await ours.list(Workload);
      await ours.patchStatus(web, { ready: 1 });
      return run();
    });
    await expect(fenced.replace({ ...web, spec: { ...web.spec, replicas: 2 } })).rejects.toThrow(ConflictError);
  } else {
    await expect(create).rejects.toThrow(FencedError);
    expect(await ours.get(Workload, "web")).toBeUndefined();
  }
});

test("a write whose plan is out of date is refused whole; one whose plan stands goes through", async () => {
  const web = await ours.create(Workload, draft);
  const basis = await ours.create(Workload, { metadata: { name: "basis" }, spec: { image: "a" } });
  const scale = (unchanged: readonly Workload[]): Promise<Workload> =>
    ours.update(web, ({ spec }) => void (spec.replicas += 1), { unchanged });
  const scaled = await scale([basis]);
  expect(scaled.spec.replicas).toBe(web.spec.replicas + 1);
  faults.nextTxn(async (run) => {
    await theirs.list(Workload);
    await theirs.patchStatus(basis, { ready: 1 });
    return run();
  });
  await expect(scale([basis])).rejects.toThrow('was not written: Workload "basis" has changed meanwhile');
  await expect(ours.patchStatus(web, { ready: 1 }, { unchanged: [basis] })).rejects.toThrow(ConflictError);
  await expect(ours.delete(web, { unchanged: [basis] })).rejects.toThrow(ConflictError);
  await expect(ours.create(Workload, { ...draft, metadata: { name: "b" } }, { unchanged: [basis] })).rejects.toThrow(
    ConflictError,
  );
  expect(await ours.get(Workload, "web")).toStrictEqual(scaled);
});

test("nothing is made for an owner that is gone, or whose name another one has taken, whatever a cache still shows", async () => {
  const owner = await ours.create(Workload, draft);
  const child = { metadata: { name: "child" }, spec: { image: "a" } };
  const apply = (image: string, by = owner): Promise<unknown> =>
    ours.apply(Workload, { ...child, spec: { image } }, { manager: "m", owner: by });
  await theirs.list(Workload);
  await theirs.patchStatus(owner, { ready: 1 });
  await ours.create(Workload, { ...child, metadata: { name: "other" } }, { owner });
  await apply("a");
  for (const isAnew of [false, true]) {
    if (isAnew) await theirs.create(Workload, draft);
    else await theirs.delete(owner);
    const create = ours.create(Workload, { ...child, metadata: { name: "late" } }, { owner });
    await expect(create).rejects.toThrow('was not written: its owner, Workload "web", is gone or another one');
    await expect(apply("b")).rejects.toThrow(ConflictError);
    expect((await ours.get(Workload, "child"))?.spec.image).toBe("a");
    expect(await ours.get(Workload, "late")).toBeUndefined();
  }
  const anew = await ours.get(Workload, "web");
  await expect(apply("b", anew)).resolves.toMatchObject({ outcome: "updated" });
});

test("what is made goes in the moment before its owner does, or not at all", async () => {
  const owner = await ours.create(Workload, draft);
  faults.nextTxn(async (run) => {
    await theirs.list(Workload);
    await theirs.delete(owner);
    return run();
  });
  const create = ours.create(Workload, { ...draft, metadata: { name: "child" } }, { owner });
  await expect(create).rejects.toThrow(ConflictError);
  expect(await ours.get(Workload, "child")).toBeUndefined();
});
