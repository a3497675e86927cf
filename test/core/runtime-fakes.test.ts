import { afterEach, expect, test, vi } from "vitest";
import { diagnosticsChannel, systemRuntime } from "keelson/core";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the system runtime does not obey fake timers, unless it is told to", async () => {
  vi.useFakeTimers();
  await systemRuntime().sleep(1);
  const obedient = systemRuntime({ timers: globalThis });
  let woke = false;
  void obedient.sleep(60_000).then(() => (woke = true));
  await vi.advanceTimersByTimeAsync(59_999);
  expect(woke).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(woke).toBe(true);
  vi.setSystemTime(5_000);
  expect(obedient.wallNow()).toBe(5_000);
  expect(systemRuntime().wallNow()).toBeGreaterThan(1e12);
});

test("a failure nobody listens to is printed, without secrets", () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const error = Object.assign(new RangeError("no"), { password: "hunter2" });
  systemRuntime().report(error, { task: "sweep" });
  systemRuntime().report(error, {});
  expect(printed.mock.calls).toEqual([
    ["keelson: sweep failed: RangeError: no"],
    ["keelson: task failed: RangeError: no"],
  ]);
});

test("a failing signal listener is printed, not reported in a circle", () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => undefined);
  const runtime = systemRuntime({ timers: globalThis });
  runtime.signals.on("task:failed", () => {
    throw new TypeError("listener");
  });
  runtime.report(new RangeError("r"), { task: "sweep" });
  expect(printed.mock.calls).toEqual([["keelson: signal listener failed: TypeError: listener"]]);
});

test("a diagnostics channel is the host's, or silent", () => {
  const channel = diagnosticsChannel("keelson:test");
  expect(channel.hasSubscribers).toBe(false);
  channel.publish("nobody hears");
  const builtin = vi.spyOn(process, "getBuiltinModule").mockReturnValue(undefined);
  const silent = diagnosticsChannel("keelson:test");
  silent.publish("nobody can hear");
  expect([silent.hasSubscribers, builtin.mock.calls.length]).toEqual([false, 1]);
});
