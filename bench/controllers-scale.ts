import { ResourceCache } from "../src/controllers/resource-cache.js";
import { collectGarbage } from "../test/support/garbage.js";
import { createManager, defineController } from "keelson/controllers";
import { currentRuntime, systemRuntime } from "keelson/core";
import { Deployment, Instance, deploymentController, workloadController } from "keelson/reconcilers";
import { type Kind, type ResourceClient, createResourceClient, defineKind, setCondition } from "keelson/resources";
import { type StateStore, op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { cpu } from "./harness.js";

const App: Kind<{ image: string; notes: readonly string[] }, { seen: boolean }> = defineKind<
  { image: string; notes: readonly string[] },
  { seen: boolean }
>()("App");

/** What makes an object a kilobyte of JSON. */
const notes: readonly string[] = Array.from({ length: 10 }, (_, n) => `note ${n}: ${"x".repeat(55)}`);

/** A store with so many objects of 1 kB each, written as the client writes them. */
export async function filledStore(count: number): Promise<StateStore> {
  const store = memoryStore();
  const client = createResourceClient(store);
  const first = await client.create(App, {
    metadata: { name: "app", labels: { app: "web", tier: "front" } },
    spec: { image: "web:1", notes },
  });
  const { kv } = await store.get("/resources/App/default/app");
  const json = new TextDecoder().decode(kv?.value);
  if (json.length < 950 || json.length > 1_050) throw new Error(`expected 1 kB, got ${json.length}`);
  await client.delete(first);
  const { uid } = first.metadata;
  for (let from = 0; from < count; from += 100) {
    const names = Array.from({ length: Math.min(100, count - from) }, (_, n) => `app-${from + n}`);
    const put = (name: string) =>
      op.put(
        `/resources/App/default/${name}`,
        json.replace('"name":"app"', `"name":"${name}"`).replace(uid, `${uid}-${name}`),
      );
    await store.txn({ then: names.map(put) });
  }
  return store;
}

/** Fills a cache from a store; what it holds then, and how long that took. */
async function filledCache(
  store: StateStore,
): Promise<{ readonly cache: ResourceCache; readonly ms: number; readonly stop: () => void }> {
  const stop = new AbortController();
  const cache = new ResourceCache({ kind: App }, systemRuntime());
  const start = cpu();
  cache.run(createResourceClient(store), stop.signal).catch(() => undefined);
  await cache.reached(0);
  return {
    cache,
    ms: cpu() - start,
    stop: () => {
      stop.abort();
    },
  };
}

/** Bytes of the heap that a cached object takes, its indexes and its watch included. */
export async function cacheBytesPerObject(store: StateStore, count: number): Promise<number> {
  const before = await collectGarbage();
  const { cache, stop } = await filledCache(store);
  const bytes = (await collectGarbage()) - before;
  if (cache.stats().objects !== count) throw new Error("not everything was cached");
  stop();
  return bytes / count;
}

/** Milliseconds of processor time to list everything into a cache. */
export async function relistMs(store: StateStore): Promise<number> {
  const { ms, stop } = await filledCache(store);
  stop();
  return ms;
}

/** Milliseconds of processor time from the start of a manager until every object has the status that its controller gives it. */
export async function convergenceMs(count: number): Promise<number> {
  const store = await filledStore(count);
  const stop = new AbortController();
  let left = count;
  const controller = defineController({
    for: App,
    async reconcile(app, { client }) {
      if (app.status?.seen === true) return;
      await client.patchStatus(app, { seen: true });
      left -= 1;
      if (left === 0) stop.abort();
    },
  });
  const start = cpu();
  await createManager({ store, controllers: [controller] }).run(stop.signal);
  return cpu() - start;
}

/** Milliseconds of processor time that a roll-out of so many instances takes in virtual time. */
export async function rolloutMs(count: number): Promise<number> {
  using time = virtualTime();
  const store = memoryStore();
  const client = createResourceClient(store);
  const stop = new AbortController();
  const agents = runAgents(client, stop.signal).catch(() => undefined);
  const running = createManager({ store, controllers: [deploymentController(), workloadController()] }).run(
    stop.signal,
  );
  const deployment = await client.create(Deployment, {
    metadata: { name: "web" },
    spec: { replicas: count, template: template("1") },
  });
  await until(async () => (await client.get(Deployment, "web"))?.status?.availableReplicas === count);
  const start = cpu();
  await client.update(deployment, ({ spec }) => void (spec.template = template("2") as typeof spec.template));
  await until(async () => {
    const { status, metadata } = (await client.get(Deployment, "web")) ?? {};
    const isSeen = status?.observedGeneration === metadata?.generation;
    return (
      isSeen && status?.updatedReplicas === count && status.availableReplicas === count && status.replicas === count
    );
  });
  const ms = cpu() - start;
  stop.abort();
  await time.advance("1m");
  await Promise.all([agents, running]);
  return ms;

  async function until(isDone: () => Promise<boolean>): Promise<void> {
    for (let seconds = 0; !(await isDone()); seconds += 1) {
      if (seconds > 3_600) throw new Error("the roll-out does not end");
      await time.advance("1s");
    }
  }
}

function template(version: string) {
  return { labels: { app: "web" }, spec: { command: ["web"], env: { VERSION: version } } };
}

/** Stands in for all agents: whatever is created is ready at once. */
async function runAgents(client: ResourceClient, signal: AbortSignal): Promise<void> {
  for await (const event of client.watch(Instance, { signal })) {
    if (event.type !== "added") continue;
    const now = new Date(currentRuntime().wallNow());
    const ready = { type: "Ready", status: "True", reason: "Running", message: "" } as const;
    await client
      .patchStatus(event.resource, { phase: "Running", conditions: setCondition([], ready, now) })
      .catch(() => undefined);
  }
}
