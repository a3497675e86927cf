import { UnreadableResourceError, createResourceClient } from "keelson/resources";
import { CompactedError, op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { expect, test } from "vitest";
import { faultyStore } from "./faulty-store.js";
import { Workload, Zone } from "./workload.js";

const store = memoryStore;

async function filled(count: number): Promise<ReturnType<typeof faultyStore>> {
  const faults = faultyStore(store());
  const client = createResourceClient(faults.store);
  for (let index = 0; index < count; index += 1) {
    const metadata = {
      name: `w-${String(index).padStart(2, "0")}`,
      namespace: index % 3 === 0 ? "a" : "b",
      labels: { parity: index % 2 === 0 ? "even" : "odd" },
    };
    await client.create(Workload, { metadata, spec: { image: `v${index % 4}` } });
  }
  return faults;
}

const names = (list: { readonly items: readonly { readonly metadata: { readonly name: string } }[] }): string[] =>
  list.items.map(({ metadata }) => metadata.name);

test("lists by namespace and name, with the revision it was read at", async () => {
  const client = createResourceClient((await filled(4)).store);
  const list = await client.list(Workload);
  expect(list.items.map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name}`)).toStrictEqual([
    "a/w-00",
    "a/w-03",
    "b/w-01",
    "b/w-02",
  ]);
  expect(list).toMatchObject({ resourceVersion: list.items[1]?.metadata.resourceVersion, invalid: [] });
  expect(list).not.toHaveProperty("continue");
  expect(names(await client.list(Workload, { namespace: "a" }))).toStrictEqual(["w-00", "w-03"]);
  expect(names(await client.list(Workload, { namespace: "b", name: "w-02" }))).toStrictEqual(["w-02"]);
  expect(names(await client.list(Zone))).toStrictEqual([]);
});

test("selects by labels and by declared fields", async () => {
  const client = createResourceClient((await filled(12)).store);
  expect(names(await client.list(Workload, { labels: "parity=odd", namespace: "a" }))).toStrictEqual(["w-03", "w-09"]);
  expect(names(await client.list(Workload, { fields: { image: "v3" } })).sort()).toStrictEqual([
    "w-03",
    "w-07",
    "w-11",
  ]);
  await expect(client.list(Workload, { fields: { node: "x" } })).rejects.toThrow(
    'Expected `fields` to name fields that Workload declares ("image"), got "node"',
  );
  await expect(client.list(Workload, { labels: "a=b=c" })).rejects.toThrow(TypeError);
  await expect(client.list(Workload, { namespace: "A" })).rejects.toThrow(/metadata.namespace/);
});

test.each([{}, { labels: "parity=odd" }, { namespace: "b" }])(
  "limit and continue page at one revision, whatever is written in between: %j",
  async (options) => {
    const faults = await filled(11);
    const client = createResourceClient(faults.store);
    const whole = await client.list(Workload, options);
    const paged = [];
    let next: string | undefined;
    do {
      const page = await client.list(Workload, { ...options, limit: 3, continue: next });
      expect(page.resourceVersion).toBe(whole.resourceVersion);
      expect(page.items.length).toBeLessThanOrEqual(3);
      paged.push(...page.items);
      next = page.continue;
      for (const item of (await client.list(Workload)).items.slice(0, 1)) await client.delete(item);
    } while (next !== undefined);
    expect(paged).toStrictEqual(whole.items);
  },
);

test("a full last page has no continue", async () => {
  const client = createResourceClient((await filled(3)).store);
  expect(await client.list(Workload, { limit: 3 })).not.toHaveProperty("continue");
  await expect(client.list(Workload, { limit: 0 })).rejects.toThrow(RangeError);
});

test("a continue whose revision is gone fails with CompactedError, one of another list with TypeError", async () => {
  const { store: at } = await filled(4);
  const client = createResourceClient(at);
  const { continue: next } = await client.list(Workload, { limit: 2 });
  const { revision } = await at.txn({ then: [op.put("/x", "1")] });
  await at.compact(revision);
  await expect(client.list(Workload, { limit: 2, continue: next })).rejects.toThrow(CompactedError);
  await expect(client.list(Zone, { continue: next })).rejects.toThrow(TypeError);
  await expect(client.list(Workload, { continue: "x" })).rejects.toThrow(TypeError);
});

test("reads in pages of bounded size at one revision", async () => {
  const { store: at, calls } = faultyStore(store());
  const client = createResourceClient(at);
  const web = await client.create(Workload, { metadata: { name: "web" }, spec: { image: "a" } });
  const { kv } = await at.get("/resources/Workload/default/web");
  const text = new TextDecoder().decode(kv?.value);
  for (let from = 0; from < 2_400; from += 100) {
    const puts = Array.from({ length: 100 }, (_, index) => {
      const name = `w-${String(from + index).padStart(4, "0")}`;
      return op.put(`/resources/Workload/default/${name}`, text.replace('"web"', JSON.stringify(name)));
    });
    await at.txn({ then: puts });
  }
  calls.length = 0;
  const { items } = await client.list(Workload);
  expect(items).toHaveLength(2_401);
  expect(items.at(-1)).toStrictEqual(web);
  expect(calls).toStrictEqual(["range", "range", "range"]);
});

test("an unreadable object is among the invalid, and fails a get", async () => {
  const { store: at } = await filled(2);
  const client = createResourceClient(at);
  const bad: Record<string, string | Uint8Array> = {
    bytes: new Uint8Array([0xff]),
    text: "{",
    list: "[]",
    "no-spec": JSON.stringify({ kind: "Workload", version: 1, metadata: {} }),
    "other-kind": JSON.stringify({ kind: "Zone", version: 1, spec: {} }),
    "no-version": JSON.stringify({ kind: "Workload", spec: {} }),
    "no-metadata": JSON.stringify({ kind: "Workload", version: 1, spec: {} }),
    misnamed: JSON.stringify({ kind: "Workload", version: 1, spec: {}, metadata: { name: "x", namespace: "a" } }),
    bare: JSON.stringify({ kind: "Workload", version: 1, spec: {}, metadata: { name: "bare", namespace: "a" } }),
    labels: stored({ labels: 1 }, "labels"),
    owners: stored({ ownerReferences: {} }, "owners"),
  };
  for (const [name, value] of Object.entries(bad)) {
    await at.txn({ then: [op.put(`/resources/Workload/a/${name}`, value)] });
    await expect(client.get(Workload, { name, namespace: "a" })).rejects.toThrow(UnreadableResourceError);
  }
  const { items, invalid } = await client.list(Workload);
  expect(items).toHaveLength(2);
  expect(invalid.map(({ key }) => key.name).sort()).toStrictEqual(Object.keys(bad).sort());
});

test("a field reader that throws makes an object invalid, not the list fail", async () => {
  const at = store();
  const fields = {
    image: () => {
      throw new Error("no image");
    },
  };
  const kind = { ...Workload, options: { fields } };
  const client = createResourceClient(at);
  await client.create(kind, { metadata: { name: "web" }, spec: { image: "a", replicas: 1 } });
  const { items, invalid } = await client.list(kind, { fields: { image: "a" } });
  expect([items.length, invalid.length]).toStrictEqual([0, 1]);
});

function stored(extra: object, name: string): string {
  const metadata = { name, namespace: "a", uid: "u", generation: 1, creationTimestamp: "2030-01-01T00:00:00.000Z" };
  return JSON.stringify({ kind: "Workload", version: 1, spec: {}, metadata: { ...metadata, ...extra } });
}
