import { mpsc } from "keelson/channels";
import { channel, defineController, owns, watches, when } from "keelson/controllers";
import { type ResourceKey, keyOf, ownerReference } from "keelson/resources";
import { describe, expect, test } from "vitest";
import { Child, Parent, type World, runWorld } from "./world.js";

const parents = ["a", "b"];

/** A controller that writes down which parents it looked at. */
function looking(
  triggers: Parameters<typeof defineController>[0]["triggers"] = [],
  options: Partial<Parameters<typeof defineController>[0]> = {},
) {
  const seen: string[] = [];
  const controller = defineController({
    for: Parent,
    triggers,
    concurrency: 1,
    reconcile: ({ metadata }) => {
      seen.push(metadata.name);
      return undefined;
    },
    ...(options.when === undefined ? {} : { when: options.when }),
  });
  return { controller, seen };
}

async function withParents(world: World, seen: string[]): Promise<void> {
  for (const name of parents) await world.client.create(Parent, { metadata: { name }, spec: { size: 1 } });
  await world.time.settle();
  expect(seen.splice(0)).toEqual(parents);
}

describe("owns", () => {
  test("wakes the owner when what it manages comes, changes and goes; both when that changes hands", async () => {
    const { controller, seen } = looking([owns(Child)]);
    await using world = await runWorld([controller]);
    const { client, time } = world;
    await withParents(world, seen);
    const [a, b] = await Promise.all(parents.map((name) => client.get(Parent, name)));
    if (a === undefined || b === undefined) throw new Error("no parents");

    const child = await client.create(Child, { metadata: { name: "c" }, spec: { of: "a" } }, { owner: a });
    await time.settle();
    expect(seen.splice(0)).toEqual(["a"]);

    const moved = await client.update(child, ({ metadata }) => {
      metadata.ownerReferences = [ownerReference(b)];
    });
    await time.settle();
    expect(seen.splice(0).sort()).toEqual(["a", "b"]);

    await client.delete(moved);
    await time.settle();
    expect(seen.splice(0)).toEqual(["b"]);
  });

  test("leaves owners of other kinds, and those that do not manage, alone", async () => {
    const { controller, seen } = looking([owns(Child)]);
    await using world = await runWorld([controller]);
    await withParents(world, seen);
    const a = await world.client.get(Parent, "a");
    if (a === undefined) throw new Error("no parent");
    const shared = { ...ownerReference(a), controller: false };
    const other = await world.client.create(Child, {
      metadata: { name: "a", ownerReferences: [shared] },
      spec: { of: "" },
    });
    await world.client.create(Child, { metadata: { name: "d" }, spec: { of: "" } }, { owner: other });
    await world.time.settle();
    expect(seen).toEqual([]);
  });

  test("with a predicate wakes for what passes, and for deletions", async () => {
    const { controller, seen } = looking([owns(Child, { when: when.generationChanged })]);
    await using world = await runWorld([controller]);
    const { client, time } = world;
    await withParents(world, seen);
    const child = await client.create(
      Child,
      { metadata: { name: "c" }, spec: { of: "a" } },
      { owner: await client.get(Parent, "a") },
    );
    await time.settle();
    expect(seen.splice(0)).toEqual(["a"]);
    const labelled = await client.update(child, ({ metadata }) => void (metadata.labels["x"] = "y"));
    await time.settle();
    expect(seen.splice(0)).toEqual([]);
    await client.delete(labelled);
    await time.settle();
    expect(seen.splice(0)).toEqual(["a"]);
  });
});

describe("watches", () => {
  test("maps both sides of a change, with or without waiting; a key may leave out its namespace", async () => {
    const later = async (name: string): Promise<readonly ResourceKey[]> => Promise.resolve([{ name }]);
    for (const map of [(name: string) => [{ name }], later]) {
      const { controller, seen } = looking([watches(Child, ({ spec }) => map(spec.of))]);
      await using world = await runWorld([controller]);
      await withParents(world, seen);
      const child = await world.client.create(Child, { metadata: { name: "c" }, spec: { of: "a" } });
      await world.time.settle();
      expect(seen.splice(0)).toEqual(["a"]);
      await world.client.update(child, (draft) => void (draft.spec.of = "b"));
      await world.time.settle();
      expect(seen.splice(0).sort()).toEqual(["a", "b"]);
    }
  });

  test("goes on after a map that failed", async () => {
    let fail = true;
    const map = (of: string) => {
      if (fail) throw new Error("not now");
      return [{ name: of }];
    };
    const { controller, seen } = looking([watches(Child, ({ spec }) => map(spec.of))]);
    await using world = await runWorld([controller]);
    await withParents(world, seen);
    const child = await world.client.create(Child, { metadata: { name: "c" }, spec: { of: "a" } });
    await world.time.settle();
    expect(world.logs).toMatchObject([
      { level: "error", message: "a trigger's map failed", fields: { object: "default/c" } },
    ]);
    fail = false;
    await world.client.delete(child);
    await world.time.settle();
    expect(seen).toEqual(["a"]);
  });
});

describe("channel", () => {
  test("looks at keys as they arrive, and lets go of where they come from when the manager stops", async () => {
    const [tx, rx] = mpsc.channel<ResourceKey>(4);
    const { controller, seen } = looking([channel(rx)]);
    await using world = await runWorld([controller]);
    await withParents(world, seen);
    await tx.send({ name: "b" });
    await tx.send({ namespace: "default", name: "a" });
    await tx.send({ name: "nobody" });
    await world.time.settle();
    expect(seen).toEqual(["b", "a"]);
    world.stop();
    await world.running;
    await tx.send({ name: "a" });
    expect(await rx.recv()).toMatchObject({ value: { name: "a" } });
  });

  test("reports what its keys fail with", async () => {
    const failing: AsyncIterable<ResourceKey> = {
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error("lost")) }),
    };
    await using world = await runWorld([looking([channel(failing)]).controller]);
    expect(world.time.failures).toEqual([{ error: new Error("lost"), task: "controller channel trigger" }]);
  });

  test("stops though its keys fail to be left", async () => {
    const keys = {
      next: () => new Promise<never>(() => undefined),
      return: () => {
        throw new Error("no end");
      },
    };
    const { controller } = looking([channel({ [Symbol.asyncIterator]: () => keys })]);
    await using world = await runWorld([controller]);
    world.stop();
    await world.running;
    expect(world.time.failures).toEqual([{ error: new Error("no end"), task: "controller channel trigger" }]);
  });
});

describe("a controller's own objects", () => {
  test("wake it as its predicate says; one that fails lets everything pass", async () => {
    let fail = false;
    const { controller, seen } = looking([], {
      when: (event) => {
        if (fail) throw new Error("not now");
        return when.generationChanged(event);
      },
    });
    await using world = await runWorld([controller]);
    await withParents(world, seen);
    const a = await world.client.get(Parent, "a");
    if (a === undefined) throw new Error("no parent");
    await world.client.patchStatus(a, { seen: 1 });
    await world.time.settle();
    expect(seen).toEqual([]);
    fail = true;
    await world.client.patchStatus(a, { seen: 2 });
    await world.time.settle();
    expect(seen).toEqual(["a"]);
    expect(world.logs).toMatchObject([{ message: "a predicate failed" }]);
    expect(keyOf(a)).toEqual({ namespace: "default", name: "a" });
  });
});
