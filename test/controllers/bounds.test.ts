import { bounded, defineController, owns } from "keelson/controllers";
import { type Kind, defineKind } from "keelson/resources";
import { describe, expect, test } from "vitest";
import { observe } from "keelson/telemetry";
import { Child, Parent, runWorld } from "./world.js";

interface AppSpec {
  readonly node: string;
  readonly manual: string;
}
const App: Kind<AppSpec> = defineKind<AppSpec>()("App", {
  fields: { node: ({ spec }) => spec.node, tier: ({ metadata }) => metadata.labels["tier"] },
});

const app = (name: string, node: string, tier: string) =>
  [App, { metadata: { name, labels: { tier } }, spec: { node, manual: "long" } }] as const;

describe("a cache", () => {
  test("finds objects by declared fields, labels and namespace", async () => {
    const found: string[][] = [];
    const controller = defineController({
      for: Parent,
      reads: [App],
      reconcile(_parent, { cache }) {
        const names = (options: Parameters<typeof cache.list>[1]) =>
          cache.list(App, options).map(({ metadata }) => metadata.name);
        found.push(
          names({ fields: { node: "n1" } }),
          names({ fields: { node: "n1", tier: "back" } }),
          names({ fields: { node: "n3" } }),
          names({ labels: "tier=front" }),
          names({ namespace: "other" }),
        );
        expect(() => names({ fields: { colour: "red" } })).toThrow(
          new TypeError('Expected `fields` to name fields that App declares ("node", "tier"), got "colour"'),
        );
        return undefined;
      },
    });
    await using world = await runWorld([controller]);
    const a = await world.client.create(...app("a", "n0", "front"));
    await world.client.create(...app("b", "n1", "back"));
    const c = await world.client.create(...app("c", "n1", "front"));
    await world.client.update(a, ({ spec }) => void (spec.node = "n1"));
    await world.client.delete(c);
    await world.client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } });
    await world.time.settle();
    expect(found).toEqual([["b", "a"], ["b"], [], ["a"], []]);
    expect(world.logs).toEqual([]);
  });

  test("holds what its bounds let in, and of each object what its transform leaves", async () => {
    const seen: string[] = [];
    const controller = defineController({
      for: App,
      async reconcile(resource, { client, cache }) {
        const { manual } = resource.spec;
        seen.push(`${resource.metadata.name} ${manual} of ${cache.list(App).length}`);
        expect(Object.isFrozen(resource.spec)).toBe(true);
        // Writes see the whole of it.
        await client.update(
          resource,
          ({ metadata }, latest) => void (metadata.annotations["manual"] = latest.spec.manual),
        );
      },
    });
    const mine = bounded(App, {
      fields: { node: "n1" },
      transform: (resource) => ({ ...resource, spec: { ...resource.spec, manual: "-" } }),
    });
    await using world = await runWorld([controller], { caches: [mine] });
    await world.client.create(...app("a", "n1", "front"));
    const b = await world.client.create(...app("b", "n2", "front"));
    await world.time.settle();
    expect(new Set(seen)).toEqual(new Set(["a - of 1"]));
    expect((await world.client.get(App, "a"))?.metadata.annotations).toEqual({ manual: "long" });
    seen.splice(0);
    // A change of nothing but what the transform drops wakes nobody; one that brings an object in does.
    await world.client.update(b, ({ spec }) => void (spec.manual = "longer"));
    await world.time.settle();
    expect(seen).toEqual([]);
    await world.client.update(b, ({ spec }) => void (spec.node = "n1"));
    await world.time.settle();
    expect(new Set(seen)).toEqual(new Set(["b - of 2"]));
    expect(world.logs).toEqual([]);
  });

  test("says how much it holds", async () => {
    const told: unknown[] = [];
    using _ = observe({ "keelson:cache": (stats) => told.push(stats) });
    const controller = defineController({ for: Parent, reconcile: () => undefined });
    await using world = await runWorld([controller]);
    for (let n = 0; n < 10; n += 1) {
      await world.client.create(Parent, { metadata: { name: `p${n}` }, spec: { size: 1 } });
    }
    await world.time.advance("2s");
    const [stats] = world.manager.caches();
    expect(stats).toMatchObject({ kind: "Parent", objects: 10 });
    expect(stats?.revision).toBeGreaterThanOrEqual(10);
    expect(stats?.bytes).toBeGreaterThan(2000);
    expect(told.at(-1)).toEqual(stats);
  });
});

test("owns: shared owners are woken only where that is asked for", async () => {
  const woken = async (shared: boolean): Promise<number> => {
    let runs = 0;
    const controller = defineController({
      for: Parent,
      triggers: [owns(Child, { shared })],
      reconcile: () => {
        runs += 1;
        return undefined;
      },
    });
    await using world = await runWorld([controller]);
    const parent = await world.client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } });
    await world.time.settle();
    const { name, uid } = parent.metadata;
    await world.client.create(Child, {
      metadata: { name: "c", ownerReferences: [{ kind: "Parent", name, uid }] },
      spec: { of: "p" },
    });
    await world.time.settle();
    return runs;
  };
  expect([await woken(false), await woken(true)]).toEqual([1, 2]);
});

test("resync: looks at every object again, now and then, after everything else", async () => {
  const runs: number[] = [];
  const controller = defineController({
    for: Parent,
    resync: "10m",
    reconcile: (_parent, { now }) => {
      runs.push((now() - Date.UTC(2030, 0, 1)) / 60_000);
      return undefined;
    },
  });
  await using world = await runWorld([controller], {
    before: (client) => client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } }),
  });
  await world.time.advance("1h");
  expect(runs.length).toBeGreaterThanOrEqual(6);
  for (const [index, at] of runs.slice(1).entries()) {
    const since = at - (runs[index] ?? 0);
    expect(since).toBeGreaterThanOrEqual(9);
    expect(since).toBeLessThanOrEqual(11);
  }
});

test("batch: changes of what is owned are gathered, those of the object itself are not", async () => {
  const runs: string[] = [];
  const controller = defineController({
    for: Parent,
    batch: "1s",
    triggers: [owns(Child)],
    reconcile(_parent, { owned, now }) {
      runs.push(`${String((now() - Date.UTC(2030, 0, 1)) / 1000)}: ${String(owned(Child).length)}`);
      return undefined;
    },
  });
  await using world = await runWorld([controller]);
  const owner = await world.client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } });
  for (const name of ["a", "b", "c"]) {
    await world.client.create(Child, { metadata: { name }, spec: { of: "p" } }, { owner });
    await world.time.advance(300);
  }
  await world.time.advance("1m");
  expect(runs).toEqual(["0: 0", "1: 3"]);
  await world.client.update(owner, ({ spec }) => void (spec.size = 2));
  await world.time.settle();
  expect(runs.at(-1)).toBe("60.9: 3");
});
