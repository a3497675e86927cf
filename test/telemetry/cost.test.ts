import { describe, expect, test } from "vitest";
import { mpsc } from "keelson/channels";
import { type Runtime, currentRuntime } from "keelson/core";
import { circuitBreaker, hedge, retry } from "keelson/resilience";
import { put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type DiagnosticHandlers, instrument, observe } from "keelson/telemetry";
import { eachInVirtualTime } from "../resilience/fixture.js";

const time = eachInVirtualTime();

/** The ambient runtime, but for a count of how often its clocks are read. */
function counting(): { readonly runtime: Runtime; reads: number } {
  const runtime = currentRuntime();
  const counted = {
    reads: 0,
    runtime: new Proxy(runtime, {
      get(target, name) {
        if (name === "now" || name === "wallNow") counted.reads += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    }),
  };
  return counted;
}

const works: Readonly<Record<string, (runtime: Runtime) => Promise<unknown>>> = {
  retry: (runtime) => retry(() => "done", { runtime }),
  "a call of a store": (runtime) => put(memoryStore({ runtime }), "/a", new Uint8Array(1)),
  "a channel": async (runtime) => {
    const [tx, rx] = mpsc.channel<number>(1, { runtime });
    await tx.send(1);
    return rx.recv();
  },
  "a breaker": (runtime) => circuitBreaker({ runtime }).execute(() => "done"),
  "a hedge": (runtime) => hedge({ after: "1h", runtime }).execute(() => "done"),
  "an instrumented function": (runtime) => Promise.resolve(instrument(() => 1, { name: "one", runtime })()),
};

describe("the clock is read for telemetry", () => {
  const handlers: DiagnosticHandlers = {
    "keelson:retry:call": () => undefined,
    "keelson:store:call": () => undefined,
    "keelson:span": () => undefined,
  };

  test.each(Object.entries(works))("never for %s while nobody listens", async (_name, work) => {
    const { runtime } = counting();
    await work(runtime); // a store dates what it is made with
    const counted = counting();
    await work(counted.runtime);
    const silent = counted.reads;
    const again = counting();
    const listening = observe(handlers);
    await work(again.runtime);
    listening[Symbol.dispose]();
    const measured = ["retry", "a call of a store", "an instrumented function"].includes(_name);
    // Listening adds a read at the beginning and one at the end: without it neither is made.
    expect(again.reads - silent).toBe(measured ? 2 : 0);
    if (_name !== "a call of a store") expect(silent).toBe(0);
    await time.current.settle();
  });
});
