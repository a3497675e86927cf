import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import process from "node:process";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createLifecycle, systemdNotifier } from "keelson/lifecycle";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { fakeProcess } from "./fake-process.js";

let time: VirtualTime;
beforeEach(() => {
  time = virtualTime();
});
afterEach(() => {
  time[Symbol.dispose]();
});

test("READY, WATCHDOG at half its interval, STOPPING, and no more after the end", async () => {
  const sent: [number, string | undefined][] = [];
  const notifier = systemdNotifier({
    env: { NOTIFY_SOCKET: "/run/notify", WATCHDOG_USEC: "20000000" },
    run: ([state]) => {
      sent.push([time.runtime.now(), state]);
      return Promise.resolve();
    },
  });
  const lifecycle = createLifecycle({ process: fakeProcess(), notifier });
  await time.advance("5s");
  lifecycle.markReady();
  await time.advance("25s");
  void lifecycle.shutdown();
  await time.advance("1m");
  expect(sent).toEqual([
    [5_000, "READY=1"],
    [15_000, "WATCHDOG=1"],
    [25_000, "WATCHDOG=1"],
    [30_000, "STOPPING=1"],
  ]);
});

test("a beat that is late by half its interval is not sent", async () => {
  const notify = vi.fn();
  const lifecycle = createLifecycle({ process: fakeProcess(), notifier: { watchdogMs: 1_000, notify } });
  lifecycle.markReady();
  const { runtime } = time;
  const now = runtime.now.bind(runtime);
  let lag = 600;
  vi.spyOn(runtime, "now").mockImplementation(() => now() + lag);
  await time.advance("1s");
  expect(notify).toHaveBeenCalledExactlyOnceWith("READY=1");
  lag = 0;
  await time.advance("1s");
  expect(notify).toHaveBeenLastCalledWith("WATCHDOG=1");
});

test("silent where systemd does not listen", () => {
  const run = vi.fn();
  const notifier = systemdNotifier({ env: { WATCHDOG_USEC: "1000" }, run });
  void notifier.notify("READY=1");
  expect(run).not.toHaveBeenCalled();
  expect(notifier.watchdogMs).toBeUndefined();
});

test("a notifier that fails is reported and stops nothing", async () => {
  const failing = [
    () => Promise.reject(new Error("no systemd")),
    () => {
      throw new Error("no systemd");
    },
  ];
  for (const notify of failing) {
    const lifecycle = createLifecycle({ process: fakeProcess(), notifier: { notify } });
    lifecycle.markReady();
    expect((await lifecycle.shutdown()).outcome).toBe("clean");
  }
  expect(time.failures.map(({ task }) => task)).toEqual(new Array(4).fill("service notifier"));
});

test("by default it runs systemd-notify with the state", async () => {
  const folder = await mkdtemp(join(tmpdir(), "notify-"));
  const path = process.env["PATH"] ?? "";
  const command = join(folder, "systemd-notify");
  const notifier = systemdNotifier({ env: { NOTIFY_SOCKET: "/run/notify" } });
  try {
    vi.stubEnv("PATH", folder);
    await expect(notifier.notify("READY=1")).rejects.toThrow("ENOENT");
    vi.stubEnv("PATH", `${folder}${delimiter}${path}`);
    await writeFile(command, '#!/bin/sh\ntest "$1" = "READY=1" || exit 3\n', { mode: 0o755 });
    await notifier.notify("READY=1");
    await expect(notifier.notify("STOPPING=1")).rejects.toThrow("systemd-notify exited with 3");
  } finally {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  }
});
