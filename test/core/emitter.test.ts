import { describe, expect, test } from "vitest";
import { Emitter } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { createSignals } from "../../src/core/signals.js";

describe("Emitter", () => {
  test("calls its listeners in order, until they are disposed", () => {
    const events = new Emitter<{ moved: [from: string, to: string]; gone: [] }>();
    const log: string[] = [];
    const first = events.on("moved", (from, to) => log.push(`${from}→${to}`));
    events.on("moved", () => log.push("second"));
    expect(events.emit("moved", "a", "b")).toBe(true);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    events.emit("moved", "b", "c");
    expect(log).toEqual(["a→b", "second", "second"]);
    expect([events.listenerCount("moved"), events.emit("gone")]).toEqual([1, false]);
  });

  test("once means once, and can be given up", () => {
    const events = new Emitter<{ gone: [] }>();
    let heard = 0;
    events.once("gone", () => (heard += 1));
    events.once("gone", () => (heard += 10))[Symbol.dispose]();
    events.emit("gone");
    events.emit("gone");
    expect(heard).toBe(1);
  });

  test("the same listener may listen twice, each on its own", () => {
    const events = new Emitter<{ gone: [] }>();
    let heard = 0;
    const listener = (): void => void (heard += 1);
    const one = events.on("gone", listener);
    events.on("gone", listener);
    one[Symbol.dispose]();
    events.emit("gone");
    expect(heard).toBe(1);
  });

  test("one that throws stops nobody, and is reported", () => {
    using time = virtualTime();
    const events = new Emitter<{ gone: [] }>();
    const log: string[] = [];
    events.on("gone", () => {
      throw new RangeError("r");
    });
    events.once("gone", () => {
      throw new TypeError("t");
    });
    events.on("gone", () => log.push("heard"));
    expect(events.emit("gone")).toBe(true);
    expect(log).toEqual(["heard"]);
    expect(time.failures.map(({ error, task }) => `${String(error)} in ${task}`)).toEqual([
      "RangeError: r in event listener",
      "TypeError: t in event listener",
    ]);
  });
});

describe("signals", () => {
  test("reach who listens to the name, or to all", () => {
    const signals = createSignals(() => undefined);
    const log: unknown[] = [];
    expect(signals.hasListeners("task:failed")).toBe(false);
    const one = signals.on("task:failed", (payload, name) => log.push([name, payload]));
    const all = signals.on("*", (payload, name) => log.push(["*", name, payload]));
    signals.emit("task:failed", { task: "t" });
    signals.emit("other", {});
    expect(log).toEqual([
      ["task:failed", { task: "t" }],
      ["*", "task:failed", { task: "t" }],
      ["*", "other", {}],
    ]);
    expect(signals.hasListeners("anything")).toBe(true);
    one[Symbol.dispose]();
    all[Symbol.dispose]();
    signals.emit("task:failed", {});
    expect([log.length, signals.hasListeners("task:failed"), signals.hasListeners("other")]).toEqual([3, false, false]);
  });

  test("a listener that throws stops nobody", () => {
    const errors: unknown[] = [];
    const signals = createSignals((error) => errors.push(error));
    const log: string[] = [];
    for (const name of ["x", "*"]) {
      signals.on(name, () => {
        throw new RangeError(name);
      });
      signals.on(name, () => log.push(name));
    }
    signals.emit("x", {});
    expect(log).toEqual(["x", "*"]);
    expect(errors).toEqual([new RangeError("x"), new RangeError("*")]);
  });

  test("a runtime's failing signal listener is reported, in virtual time too", () => {
    using time = virtualTime();
    time.runtime.signals.on("x", () => {
      throw new RangeError("r");
    });
    time.runtime.signals.emit("x", {});
    expect(time.failures).toEqual([{ error: new RangeError("r"), task: "signal listener" }]);
  });
});
