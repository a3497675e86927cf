import { NewerVersionError, UnreadableResourceError, createResourceClient, defineKind } from "keelson/resources";
import type { StateStore } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { beforeEach, expect, test } from "vitest";

interface Old {
  readonly count: number;
}
interface New {
  readonly replicas: number;
}

const first = defineKind<Old, { readonly up: number }>()("App");
const second = defineKind<New, { readonly ready: number }>()("App", {
  version: 2,
  upgrade(stored, version) {
    const { spec, status } = stored as { spec: Old; status?: { up: number } };
    if (spec.count < 0) throw new Error(`no way on from version ${version}`);
    const replicas = { replicas: spec.count };
    return status === undefined ? { spec: replicas } : { spec: replicas, status: { ready: status.up } };
  },
});

let store: StateStore;

beforeEach(() => {
  store = memoryStore();
});

async function stored(): Promise<unknown> {
  const { kv } = await store.get("/resources/App/default/web");
  return JSON.parse(new TextDecoder().decode(kv?.value));
}

test("a value carries the kind's version, and no resourceVersion", async () => {
  await createResourceClient(store).create(second, { metadata: { name: "web" }, spec: { replicas: 1 } });
  const value = await stored();
  expect(value).toMatchObject({ kind: "App", version: 2, spec: { replicas: 1 } });
  expect(value).not.toHaveProperty("metadata.resourceVersion");
});

test("older ones are upgraded on read and persist at the next write", async () => {
  const before = createResourceClient(store);
  const old = await before.create(first, { metadata: { name: "web" }, spec: { count: 3 } });
  await before.patchStatus(old, { up: 2 });
  const client = createResourceClient(store);
  const web = await client.get(second, "web");
  if (web === undefined) throw new Error("not there");
  expect([web.spec, web.status, web.metadata.generation]).toStrictEqual([{ replicas: 3 }, { ready: 2 }, 1]);
  expect(Object.isFrozen(web.spec)).toBe(true);
  expect(await client.update(web, () => undefined)).toStrictEqual(web);
  expect(await stored()).toMatchObject({ version: 1, spec: { count: 3 } });
  const labelled = await client.update(web, ({ metadata }) => void (metadata.labels["a"] = "b"));
  expect(labelled.metadata.generation).toBe(1);
  expect(await stored()).toMatchObject({ version: 2, spec: { replicas: 3 }, status: { ready: 2 } });
});

test("newer ones are read-only", async () => {
  const created = await createResourceClient(store).create(second, {
    metadata: { name: "web" },
    spec: { replicas: 1 },
  });
  const client = createResourceClient(store);
  const web = await client.get(first, "web");
  if (web === undefined) throw new Error("not there");
  expect(web.spec).toStrictEqual(created.spec);
  for (const write of [
    () => client.update(web, ({ spec }) => void (spec.count = 2)),
    () => client.replace(web),
    () => client.patchStatus(web, { up: 1 }),
    () => client.delete(web),
    () => client.apply(first, { metadata: { name: "web" }, spec: { count: 1 } }, { manager: "m" }),
  ]) {
    await expect(write()).rejects.toThrow(NewerVersionError);
  }
});

test("an upgrade that fails, or that is missing, makes the object unreadable", async () => {
  const client = createResourceClient(store);
  await client.create(first, { metadata: { name: "web" }, spec: { count: -1 } });
  const later = createResourceClient(store);
  const error: unknown = await later.get(second, "web").catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(UnreadableResourceError);
  expect(error).toMatchObject({ cause: new Error("no way on from version 1") });
  const without = createResourceClient(store);
  await expect(without.get({ ...second, options: {} }, "web")).rejects.toThrow(/there is no `upgrade`/);
});
