import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { deferred } from "../src/core/deferred.js";
import { ControllerLoop } from "../src/controllers/controller-loop.js";
import { EventLeases } from "../src/controllers/event-leases.js";
import { EventRecorder } from "../src/controllers/event-recorder.js";
import { ResourceCache } from "../src/controllers/resource-cache.js";
import { defineController } from "keelson/controllers";
import { silentLogger, systemRuntime } from "keelson/core";
import { type Kind, createResourceClient, defineKind } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import type { Work } from "./harness.js";

const App: Kind<{ image: string }> = defineKind<{ image: string }>()("App");

/** Keys that are looked at in one go. */
export const keys: readonly string[] = Array.from({ length: 1_000 }, (_, n) => `default/app-${n}`);

/** Runs a controller that does nothing for each of a thousand cached objects, `n` times over. */
export async function noopReconciles(): Promise<Work> {
  const runtime = systemRuntime();
  const store = memoryStore();
  const client = createResourceClient(store, { kinds: [App] });
  for (const key of keys) await client.create(App, { metadata: { name: key.slice(8) }, spec: { image: "a" } });
  const stop = new AbortController();
  const cache = new ResourceCache({ kind: App }, runtime);
  cache.run(client, stop.signal).catch(() => undefined);
  await cache.reached(0);
  let left = 0;
  let round = deferred<undefined>();
  const controller = defineController({
    for: App,
    concurrency: 8,
    // eslint-disable-next-line @typescript-eslint/require-await -- what is measured is an async call
    async reconcile() {
      left -= 1;
      if (left === 0) round.resolve(undefined);
    },
  });
  const loop = new ControllerLoop(controller, {
    ...{ runtime, client, caches: new Map([[App.name, cache]]), hasProgress: true },
    recorder: new EventRecorder(client, new EventLeases(store, runtime), runtime, silentLogger),
    stop: stop.signal,
    fenced: () => undefined,
    log: silentLogger,
  });
  loop.start();
  return async (n) => {
    for (let rounds = n; rounds > 0; rounds -= 1) {
      left = keys.length;
      round = deferred();
      for (const key of keys) loop.queue.add(key);
      await round.promise;
      // The last of them have been done, but not put away.
      while (loop.counts.running > 0) await runtime.yieldNow();
    }
  };
}

/** What metrics and spans are made of. */
const channels = ["reconcile", "workqueue:add", "workqueue:get", "workqueue:done"];

/** What happens while somebody counts what a controller tells; it must tell everything. */
export async function observing<T>(roundsOf: (result: T) => number, measure: () => Promise<T>): Promise<T> {
  let told = 0;
  const count = (): void => {
    told += 1;
  };
  for (const name of channels) subscribe(`keelson:${name}`, count);
  try {
    const result = await measure();
    const all = channels.length * keys.length * roundsOf(result);
    if (told !== all) throw new Error(`expected to be told ${all} times, got ${told}`);
    return result;
  } finally {
    for (const name of channels) unsubscribe(`keelson:${name}`, count);
  }
}
