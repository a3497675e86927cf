import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { createLifecycle, shutdownPhases } from "keelson/lifecycle";
import { virtualTime } from "keelson/testing";
import { fakeProcess } from "./fake-process.js";

const hook = fc.record({
  phase: fc.constantFrom(...shutdownPhases),
  after: fc.uniqueArray(fc.integer({ min: 0, max: 11 }), { maxLength: 4 }),
  takes: fc.integer({ min: 0, max: 20 }),
  ends: fc.constantFrom("ok", "fails", "hangs"),
});

test.prop([fc.array(hook, { maxLength: 12 })])(
  "whatever hooks are accepted, each runs once, after its phase's forerunners and what it names, and none is lost",
  async (hooks) => {
    using time = virtualTime();
    const lifecycle = createLifecycle({ process: fakeProcess(), timeout: "1h" });
    const accepted = new Map<string, (typeof hooks)[number]>();
    const started = new Map<string, number>();
    for (const [index, one] of hooks.entries()) {
      const name = String(index);
      const run = async (): Promise<void> => {
        expect(started.has(name)).toBe(false);
        started.set(name, time.runtime.now());
        await time.runtime.sleep(one.takes);
        if (one.ends === "fails") throw new Error(name);
        if (one.ends === "hangs") await new Promise(() => undefined);
      };
      try {
        lifecycle.onShutdown(name, run, { phase: one.phase, after: one.after.map(String), timeout: 100 });
        accepted.set(name, one);
      } catch (error) {
        expect(error).toBeInstanceOf(TypeError);
      }
    }
    const done = lifecycle.shutdown();
    await time.runUntilIdle();
    const report = await done;
    expect(new Set(report.hooks.map(({ name }) => name))).toEqual(new Set(accepted.keys()));
    expect(report.hooks).toHaveLength(accepted.size);
    const end = (name: string): number => {
      const duration = report.hooks.find((each) => each.name === name)?.durationMs ?? Number.NaN;
      return (started.get(name) ?? Number.NaN) + duration;
    };
    for (const [name, one] of accepted) {
      for (const [other, { phase }] of accepted) {
        const isBefore = shutdownPhases.indexOf(phase) < shutdownPhases.indexOf(one.phase);
        if (isBefore || one.after.includes(Number(other))) expect(started.get(name)).toBeGreaterThanOrEqual(end(other));
      }
    }
  },
);
