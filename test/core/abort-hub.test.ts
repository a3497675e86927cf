import { getEventListeners } from "node:events";
import process from "node:process";
import { expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { onAbort } from "../../src/core/abort-hub.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

function recorder(): { readonly reasons: unknown[]; aborted(reason: unknown): void } {
  const reasons: unknown[] = [];
  return { reasons, aborted: (reason) => void reasons.push(reason) };
}

test("any number of waits on one signal share one listener, and print nothing", async () => {
  const warnings: unknown[] = [];
  const warned = (warning: unknown): void => void warnings.push(warning);
  process.on("warning", warned);
  const controller = new AbortController();
  const waits = Array.from({ length: 50 }, () => systemRuntime().sleep(60_000, { signal: controller.signal }));
  expect(listeners(controller.signal)).toBe(1);
  controller.abort("all");
  const outcomes = await Promise.allSettled(waits);
  expect(new Set(outcomes.map((outcome) => outcome.status === "rejected" && (outcome.reason as unknown)))).toEqual(
    new Set(["all"]),
  );
  await new Promise((resolve) => setImmediate(resolve));
  process.off("warning", warned);
  expect(warnings).toEqual([]);
  expect(listeners(controller.signal)).toBe(0);
});

test("targets are told once, in order, unless they have left", () => {
  const controller = new AbortController();
  const order: string[] = [];
  const register = (name: string) => onAbort(controller.signal, { aborted: () => order.push(name) });
  register("a");
  const b = register("b");
  register("c");
  b.unlink();
  b.unlink();
  controller.abort();
  controller.abort();
  expect(order).toEqual(["a", "c"]);
});

test("a target that unlinks another while told keeps it from being told", () => {
  const controller = new AbortController();
  const second = recorder();
  onAbort(controller.signal, {
    aborted: () => {
      registration.unlink();
    },
  });
  const registration = onAbort(controller.signal, second);
  controller.abort();
  expect(second.reasons).toEqual([]);
});

test("listeners of idle signals are let go when enough others have come", () => {
  const controllers = Array.from({ length: 200 }, () => new AbortController());
  for (const { signal } of controllers) onAbort(signal, recorder()).unlink();
  const kept = controllers.filter(({ signal }) => listeners(signal) > 0);
  expect(kept.length).toBeLessThanOrEqual(64);
  const [first] = controllers;
  if (first === undefined) return;
  const again = recorder();
  onAbort(first.signal, again);
  first.abort("later");
  expect(again.reasons).toEqual(["later"]);
});

test("a signal used again while idle is not let go", () => {
  const controller = new AbortController();
  onAbort(controller.signal, recorder()).unlink();
  const busy = recorder();
  const registration = onAbort(controller.signal, busy);
  for (let other = 0; other < 200; other++) onAbort(new AbortController().signal, recorder()).unlink();
  expect(listeners(controller.signal)).toBe(1);
  registration.unlink();
  for (let other = 0; other < 200; other++) onAbort(new AbortController().signal, recorder()).unlink();
  expect(listeners(controller.signal)).toBe(0);
});
