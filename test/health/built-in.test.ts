import { describe, expect, test } from "vitest";
import { type Health, type Runtime, currentRuntime } from "keelson/core";
import { mpsc } from "keelson/channels";
import {
  type HealthCheck,
  cacheSync,
  channelSaturation,
  controllerProgress,
  createHealth,
  eventLoopLag,
  healthOf,
  leader,
  memory,
} from "keelson/health";
import { memoryStore } from "keelson/store/memory";
import { eachInVirtualTime } from "../resilience/fixture.js";

const time = eachInVirtualTime();
const context = { signal: new AbortController().signal };
const ask = async (check: HealthCheck): Promise<Health> => (await check(context)) ?? { status: "pass" };
const status = async (check: HealthCheck): Promise<string> => (await ask(check)).status;

/** The same runtime, but for a clock that runs ahead of its timers. */
function lateBy(runtime: Runtime, ms: () => number): Runtime {
  return { ...runtime, timer: runtime.timer.bind(runtime), now: () => runtime.now() + ms() };
}

describe("eventLoopLag", () => {
  test("sees timers that come late, forgets them after ten measurements, and stops when disposed", async () => {
    const runtime = currentRuntime();
    let stolen = 0;
    const check = eventLoopLag({ runtime: lateBy(runtime, () => stolen) });
    await time.current.advance("1s");
    expect(await ask(check)).toMatchObject({ status: "pass", details: { lagMs: 0 } });
    stolen = 250;
    await time.current.advance("500ms");
    expect(await ask(check)).toMatchObject({ status: "warn", details: { lagMs: 250 } });
    stolen = 2_250;
    await time.current.advance("500ms");
    expect(await ask(check)).toEqual({
      status: "fail",
      message: "timers came up to 2000 ms late",
      details: { lagMs: 2_000 },
    });
    await time.current.advance("5s");
    expect(await status(check)).toBe("pass");
    check[Symbol.dispose]();
    await time.current.runUntilIdle();
  });

  test("sees a block that has not ended yet", async () => {
    const runtime = currentRuntime();
    let stolen = 0;
    using check = eventLoopLag({ runtime: lateBy(runtime, () => stolen) });
    stolen = 5_000;
    expect(await status(check)).toBe("fail");
  });
});

describe("memory", () => {
  const use = { heapUsed: 10, heapLimit: 100, rss: 20, rssLimit: Number.POSITIVE_INFINITY };

  test.each([
    [{}, "pass", "10 % of the heap is in use"],
    [{ heapUsed: 80 }, "warn", "80 % of the heap is in use"],
    [{ heapUsed: 95 }, "fail", "95 % of the heap is in use"],
    [{ rssLimit: 21 }, "fail", "95 % of the container's memory is in use"],
  ])("%j: %s", async (change, wanted, message) => {
    expect(await ask(memory({ read: () => ({ ...use, ...change }) }))).toMatchObject({ status: wanted, message });
  });

  test("reads the process's own", async () => {
    const { details } = await ask(memory());
    expect(details?.["heapUsed"]).toBeGreaterThan(1_000_000);
    expect(details?.["heapLimit"]).toBeGreaterThan(100_000_000);
  });
});

test("healthOf: a store says how it is, and fails once it is closed", async () => {
  const store = memoryStore();
  const health = createHealth();
  health.check("store", healthOf(store), { ttl: 0 });
  expect((await health.report()).status).toBe("pass");
  await store.close();
  expect((await health.report()).status).toBe("fail");
});

test("leader: warns while nobody leads, fails when it lasts", async () => {
  let name: string | undefined;
  const check = leader(() => name, { failAfter: "30s" });
  expect(await status(check)).toBe("warn");
  await time.current.advance("29s");
  expect(await status(check)).toBe("warn");
  await time.current.advance("1s");
  expect(await ask(check)).toEqual({ status: "fail", message: "nobody has led for 30000 ms" });
  name = "b";
  expect(await ask(check)).toEqual({ status: "pass", details: { leader: "b" } });
  name = undefined;
  expect(await status(check)).toBe("warn");
});

test("cacheSync: fails until each cache has its list", async () => {
  const synced: Record<string, boolean> = {};
  const check = cacheSync({ cachesSynced: () => synced });
  expect(await ask(check)).toEqual({ status: "fail", message: "not started" });
  Object.assign(synced, { Node: true, Workload: false });
  expect(await ask(check)).toEqual({ status: "fail", message: "waiting for Workload" });
  Object.assign(synced, { Workload: true });
  expect(await status(check)).toBe("pass");
});

test("controllerProgress: fails for one that has work and ends none of it", async () => {
  const counts = { busy: { ready: 1, running: 1, ended: 0 }, idle: { ready: 0, running: 0, ended: 0 } };
  const check = controllerProgress({ controllerCounts: () => counts }, { failAfter: "1m" });
  const after = async (ms: number): Promise<Health> => {
    await time.current.advance(ms);
    return ask(check);
  };
  expect(await after(0)).toEqual({ status: "pass" });
  expect(await after(59_000)).toEqual({ status: "pass" });
  counts.busy.ended += 1;
  expect(await after(1_000)).toEqual({ status: "pass" });
  expect(await after(59_999)).toEqual({ status: "pass" });
  expect(await after(1)).toEqual({ status: "fail", message: "no progress in busy" });
  Object.assign(counts.busy, { ready: 0, running: 0 });
  expect(await after(1)).toEqual({ status: "pass" });
});

test("channelSaturation: warns while full, fails when it stays so", async () => {
  const [tx, rx] = mpsc.channel<number>(10);
  const check = channelSaturation(rx, { failAfter: "30s" });
  const details = { length: 0, capacity: 10 };
  expect(await ask(check)).toEqual({ status: "pass", message: "0 of 10 places are taken", details });
  for (let n = 0; n < 9; n += 1) await tx.send(n);
  expect(await status(check)).toBe("warn");
  await time.current.advance("30s");
  expect(await status(check)).toBe("fail");
  await rx.recv();
  expect(await status(check)).toBe("pass");
});
