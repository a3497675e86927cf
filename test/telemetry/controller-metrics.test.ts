import { expect, test } from "vitest";
import { TerminalError, createManager, defineController } from "keelson/controllers";
import { ConflictError, defineKind } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import { createRegistry, observeKeelson } from "keelson/telemetry/prometheus";
import { staleSyncs } from "../../src/controllers/diagnostics.js";
import { deferred } from "../../src/core/deferred.js";
import { eachInVirtualTime } from "../resilience/fixture.js";

const time = eachInVirtualTime();

test("controllers are measured under the ecosystem's names: what is under way, too", async () => {
  const registry = createRegistry();
  const observing = observeKeelson(registry);
  const store = memoryStore();
  const Job = defineKind<{ readonly ends: string }>()("Job");
  const stuck = deferred<undefined>();
  let conflicts = 0;
  const controller = defineController({
    name: "jobs",
    for: Job,
    concurrency: 3,
    reconcile: async ({ spec: { ends }, kind }, { key }) => {
      if (ends === "never") await stuck.promise;
      if (ends === "badly") throw new TerminalError("hopeless");
      if (ends === "late" && (conflicts += 1) === 1) throw new ConflictError(kind, key, "changed");
      if (ends === "later") await time.current.runtime.sleep(2_000);
      return undefined;
    },
  });
  const manager = createManager({ store, controllers: [controller] });
  for (const ends of ["badly", "late", "later", "never"]) {
    await manager.client.create(Job, { metadata: { name: ends }, spec: { ends } });
  }
  const stop = new AbortController();
  const running = manager.run(stop.signal);
  await time.current.advance("10s");
  const text = registry.expose();
  for (const line of [
    'keelson_reconcile_total{controller="jobs",result="success"} 2',
    'keelson_reconcile_total{controller="jobs",result="terminal"} 1',
    'keelson_reconcile_total{controller="jobs",result="conflict"} 1',
    'keelson_reconcile_errors_total{controller="jobs"} 1',
    'keelson_reconcile_time_seconds_count{controller="jobs"} 4',
    'keelson_reconcile_time_seconds_sum{controller="jobs"} 2',
    'keelson_reconcile_active_workers{controller="jobs"} 1',
    'keelson_workqueue_adds_total{name="jobs"} 5',
    'keelson_workqueue_retries_total{name="jobs"} 1',
    'keelson_workqueue_depth{name="jobs"} 0',
    'keelson_workqueue_queue_duration_seconds_count{name="jobs"} 5',
    'keelson_workqueue_work_duration_seconds_sum{name="jobs"} 2',
    'keelson_cache_objects{kind="Job"} 4',
  ]) {
    expect(text).toContain(`${line}\n`);
  }
  const read = (name: string): number => Number(new RegExp(`^${name}\\{.*\\} (.*)$`, "m").exec(registry.expose())?.[1]);
  expect(read("keelson_cache_bytes")).toBeGreaterThan(400);
  for (const name of ["unfinished_work", "longest_running_processor"]) {
    expect(read(`keelson_workqueue_${name}_seconds`), name).toBeCloseTo(10, 0);
  }
  stuck.resolve(undefined);
  await time.current.advance("1s");
  expect(read("keelson_reconcile_active_workers")).toBe(0);
  expect(read("keelson_workqueue_unfinished_work_seconds")).toBe(0);
  expect(read("keelson_workqueue_longest_running_processor_seconds")).toBe(0);
  stop.abort(new Error("done"));
  await time.current.settle();
  await running;
  observing[Symbol.dispose]();
  await store.close();
});

test("keys held back for a cache that is behind are counted as skipped", () => {
  const registry = createRegistry();
  using _observing = observeKeelson(registry);
  staleSyncs.publish({ controller: "jobs", key: "default/a", kinds: ["Job"], outcome: "held" });
  expect(registry.expose()).toContain('keelson_stale_sync_skips_total{controller="jobs",outcome="held"} 1\n');
});
