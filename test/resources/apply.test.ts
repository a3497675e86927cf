import { ConflictError, InvalidResourceError, type ResourceClient, createResourceClient } from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { beforeEach, expect, test } from "vitest";
import { faultyStore } from "./faulty-store.js";
import { Workload } from "./workload.js";

let store: StateStore;
let client: ResourceClient;

beforeEach(() => {
  store = memoryStore();
  client = createResourceClient(store);
});

type Draft = Parameters<typeof client.create<Workload["spec"], unknown, { image: string }>>[1];

const draft = (spec: object, metadata: object = {}): Draft => ({
  metadata: { name: "web", ...metadata },
  spec: { image: "a", ...spec },
});
const mine = { manager: "mine" };

test("creates what is not there and keeps what was applied in an annotation", async () => {
  const { resource, outcome } = await client.apply(Workload, draft({}, { labels: { app: "web" } }), mine);
  expect(outcome).toBe("created");
  expect(resource.spec).toStrictEqual({ replicas: 1, image: "a" });
  expect(resource.metadata.annotations).toStrictEqual({
    "keelson.dev/applied.mine": '{"metadata":{"labels":{"app":"web"}},"spec":{"image":"a"}}',
  });
});

test("says unchanged and writes nothing when there is nothing to do, whatever the order of keys", async () => {
  const env = { A: "1", B: "2" };
  const first = await client.apply(Workload, draft({ env }), mine);
  const second = await client.apply(Workload, draft({ env: { B: "2", A: "1" } }), mine);
  expect(second).toStrictEqual({ resource: first.resource, outcome: "unchanged" });
});

test("what the manager applied before and leaves out now is removed; others' fields stay", async () => {
  await client.apply(
    Workload,
    draft({ env: { A: "1", B: "2" } }, { labels: { a: "1" }, finalizers: ["x.dev/a"] }),
    mine,
  );
  const theirs = draft({ env: { C: "3" } }, { labels: { c: "3" }, finalizers: ["x.dev/c"] });
  await client.apply(Workload, theirs, { manager: "theirs" });
  const { resource, outcome } = await client.apply(Workload, draft({ env: { B: "4" } }), mine);
  expect(outcome).toBe("updated");
  expect(resource.spec.env).toStrictEqual({ B: "4", C: "3" });
  expect(resource.metadata).toMatchObject({ labels: { c: "3" }, finalizers: ["x.dev/c"], generation: 3 });
});

test("a field that another manager gives, too, stays when one gives it up", async () => {
  await client.apply(Workload, draft({ env: { A: "1" } }, { finalizers: ["x.dev/a"] }), mine);
  await client.apply(Workload, draft({ env: { A: "1" } }, { finalizers: ["x.dev/a"] }), { manager: "theirs" });
  const { resource } = await client.apply(Workload, draft({}), mine);
  expect(resource.spec.env).toStrictEqual({ A: "1" });
  expect(resource.metadata.finalizers).toStrictEqual(["x.dev/a"]);
  const last = await client.apply(Workload, draft({}), { manager: "theirs" });
  expect(last.resource.spec).not.toHaveProperty("env");
  expect(last.resource.metadata.finalizers).toStrictEqual([]);
});

test("arrays are atomic", async () => {
  await client.apply(Workload, draft({ ports: [1, 2] }), mine);
  const { resource } = await client.apply(Workload, draft({ ports: [2, 3] }), mine);
  expect(resource.spec.ports).toStrictEqual([2, 3]);
});

test("a default that was not applied comes back when the field is given up", async () => {
  await client.apply(Workload, draft({ replicas: 5 }), mine);
  expect((await client.apply(Workload, draft({}), mine)).resource.spec.replicas).toBe(1);
});

test("fields set by updates stay", async () => {
  const { resource } = await client.apply(Workload, draft({}), mine);
  await client.update(resource, ({ spec, metadata }) => {
    spec.replicas = 7;
    metadata.annotations["note"] = "by hand";
  });
  const again = await client.apply(Workload, draft({ ports: [1] }), mine);
  expect(again.resource.spec).toStrictEqual({ replicas: 7, image: "a", ports: [1] });
  expect(again.resource.metadata.annotations).toMatchObject({ note: "by hand" });
});

test("an owner is one of the manager's fields", async () => {
  const owner = await client.create(Workload, { metadata: { name: "owner" }, spec: { image: "a" } });
  const { resource } = await client.apply(Workload, draft({}), { ...mine, owner });
  expect(resource.metadata.ownerReferences.map(({ uid }) => uid)).toStrictEqual([owner.metadata.uid]);
  expect((await client.apply(Workload, draft({}), { ...mine, owner })).outcome).toBe("unchanged");
  expect((await client.apply(Workload, draft({}), mine)).resource.metadata.ownerReferences).toStrictEqual([]);
});

test("an annotation that somebody broke removes nothing", async () => {
  const { resource } = await client.apply(Workload, draft({ env: { A: "1" } }), mine);
  for (const broken of ["{", "[]", "{}"]) {
    await client.update(resource, ({ metadata }) => void (metadata.annotations["keelson.dev/applied.mine"] = broken));
    expect((await client.apply(Workload, draft({}), mine)).resource.spec.env).toStrictEqual({ A: "1" });
  }
});

test("dryRun says what would be done", async () => {
  const dry = { ...mine, dryRun: true };
  expect((await client.apply(Workload, draft({}), dry)).outcome).toBe("created");
  expect(await client.get(Workload, "web")).toBeUndefined();
  await client.apply(Workload, draft({}), mine);
  expect((await client.apply(Workload, draft({ replicas: 2 }), dry)).outcome).toBe("updated");
  expect((await client.get(Workload, "web"))?.spec.replicas).toBe(1);
});

test("refuses what is not valid, and a manager that cannot be one", async () => {
  await expect(client.apply(Workload, draft({ replicas: -1 }), mine)).rejects.toThrow(InvalidResourceError);
  await expect(client.apply(Workload, draft({ nope: 1 }), mine)).rejects.toThrow(/spec.nope: unknown field/);
  await expect(client.apply(Workload, draft({}), { manager: "a b" })).rejects.toThrow(/manager: expected a name/);
  await expect(client.apply(Workload, draft({}, { name: "A" }), mine)).rejects.toThrow(/metadata.name/);
});

test("a create that somebody gets ahead of becomes an update", async () => {
  const faults = faultyStore(store);
  const racing = createResourceClient(faults.store);
  faults.nextTxn(async (run) => {
    await client.create(Workload, { metadata: { name: "web" }, spec: { image: "b", replicas: 9 } });
    return run();
  });
  const { resource, outcome } = await racing.apply(Workload, draft({}), mine);
  expect(outcome).toBe("updated");
  expect(resource.spec).toStrictEqual({ replicas: 9, image: "a" });
});

test("an update that others get ahead of is tried 5 times", async () => {
  using _time = virtualTime({ autoAdvance: true });
  const faults = faultyStore(store);
  const racing = createResourceClient(faults.store);
  const { resource } = await client.apply(Workload, draft({}), mine);
  let tries = 0;
  const interfere = (): void => {
    faults.nextTxn(async (run) => {
      tries += 1;
      await client.patchStatus(resource, { ready: tries });
      interfere();
      return run();
    });
  };
  interfere();
  await expect(racing.apply(Workload, draft({ replicas: 2 }), mine)).rejects.toThrow(ConflictError);
  expect(tries).toBe(5);
});
