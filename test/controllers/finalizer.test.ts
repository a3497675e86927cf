import { defineController } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import { type Resource, isDeleting } from "keelson/resources";
import { expect, test } from "vitest";
import { delayedStore } from "./delayed-store.js";
import { Parent, type World, runWorld } from "./world.js";

const name = "example.dev/dns";

/** A controller with a finalizer, which writes down what it is given; `cleanup` says what becomes of the nth cleanup. */
function finalizing(cleanup: (nth: number) => { readonly requeueAfter: number } | undefined | Promise<void>) {
  const steps: string[] = [];
  let cleanups = 0;
  const note = (what: string, { metadata, spec }: Resource<{ size: number }>): void => {
    steps.push(`${String(currentRuntime().now())}: ${what} ${String(spec.size)} ${metadata.finalizers.join()}`);
  };
  const controller = defineController({
    for: Parent,
    backoff: { jitter: 0 },
    reconcile(parent) {
      note("reconcile", parent);
      return undefined;
    },
    finalize: {
      name,
      async cleanup(parent) {
        note("cleanup", parent);
        cleanups += 1;
        return (await cleanup(cleanups)) ?? undefined;
      },
    },
    onGone({ name: gone }) {
      steps.push(`${String(currentRuntime().now())}: gone ${gone}`);
    },
  });
  return { controller, steps };
}

async function createAndDelete({ client, time }: World): Promise<void> {
  const parent = await client.create(Parent, { metadata: { name: "p" }, spec: { size: 1 } });
  await time.advance(1000);
  await client.delete(parent);
  await time.settle();
}

test("is there before the first reconcile, and goes once cleanup resolved", async () => {
  let finish: () => void = () => undefined;
  const cleaning = new Promise<void>((resolve) => (finish = resolve));
  const { controller, steps } = finalizing(() => cleaning);
  await using world = await runWorld([controller]);
  await createAndDelete(world);
  await world.time.advance(500);
  expect(steps[0]).toBe(`0: reconcile 1 ${name}`);
  expect(steps.slice(1).filter((step) => !step.startsWith("0: reconcile"))).toEqual([`1000: cleanup 1 ${name}`]);
  expect((await world.client.get(Parent, "p"))?.metadata.finalizers).toEqual([name]);
  finish();
  await world.time.settle();
  expect(await world.client.get(Parent, "p")).toBeUndefined();
  expect(steps.at(-1)).toBe("1500: gone p");
});

test("stays while cleanup fails, and while it asks to be called again", async () => {
  const { controller, steps } = finalizing((nth) => {
    if (nth === 1) throw new Error("not now");
    return nth === 2 ? { requeueAfter: 400 } : undefined;
  });
  await using world = await runWorld([controller]);
  await createAndDelete(world);
  await world.time.advance("1m");
  const cleanups = steps.filter((step) => step.includes("cleanup")).map((step) => step.split(":")[0]);
  expect(cleanups).toEqual(["1000", "1100", "1500"]);
  expect(steps.at(-1)).toBe("1500: gone p");
});

test("is not wanted by an object that is being deleted already; others' finalizers stay", async () => {
  const { controller, steps } = finalizing(() => undefined);
  await using world = await runWorld([controller], {
    before: async (client) => {
      const parent = await client.create(Parent, {
        metadata: { name: "p", finalizers: ["example.dev/other"] },
        spec: { size: 1 },
      });
      await client.delete(parent);
    },
  });
  await world.time.advance("1m");
  const parent = await world.client.get(Parent, "p");
  expect([steps, parent?.metadata.finalizers, world.logs]).toEqual([[], ["example.dev/other"], []]);
});

test("is not added to an object whose deletion was asked for while the cache still showed it alive", async () => {
  const { controller, steps } = finalizing(() => undefined);
  await using world = await runWorld([controller], { wrap: (store) => delayedStore(store, () => 5000) });
  await world.time.advance("10s");
  const parent = await world.client.create(Parent, {
    metadata: { name: "p", finalizers: ["example.dev/other"] },
    spec: { size: 1 },
  });
  await world.time.advance(2000);
  await world.client.delete(parent);
  await world.time.advance("1m");
  const left = await world.client.get(Parent, "p");
  expect(left && isDeleting(left)).toBe(true);
  expect([steps, left?.metadata.finalizers, world.logs]).toEqual([[], ["example.dev/other"], []]);
});

test("without one, objects that are being deleted are reconciled as any other", async () => {
  const seen: boolean[] = [];
  const controller = defineController({
    for: Parent,
    reconcile(parent) {
      seen.push(isDeleting(parent));
      return undefined;
    },
  });
  await using world = await runWorld([controller]);
  const parent = await world.client.create(Parent, {
    metadata: { name: "p", finalizers: ["example.dev/other"] },
    spec: { size: 1 },
  });
  await world.time.settle();
  await world.client.delete(parent);
  await world.time.settle();
  expect(seen).toEqual([false, true]);
});
