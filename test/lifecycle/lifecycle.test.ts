import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mpsc } from "keelson/channels";
import { TimeoutError, silentLogger } from "keelson/core";
import {
  type Lifecycle,
  type LifecycleOptions,
  type ShutdownContext,
  ShutdownError,
  ShutdownTimeoutError,
  createLifecycle,
  shutdownPhases,
} from "keelson/lifecycle";
import { forEachConcurrent } from "keelson/tasks";
import { type VirtualTime, virtualTime } from "keelson/testing";
import { type FakeProcess, fakeProcess } from "./fake-process.js";

let time: VirtualTime;
let process: FakeProcess;
beforeEach(() => {
  time = virtualTime();
  process = fakeProcess();
});
afterEach(() => {
  time[Symbol.dispose]();
});

const make = (options: LifecycleOptions = {}): Lifecycle => createLifecycle({ process, ...options });
const sleep = (ms: number): Promise<void> => time.runtime.sleep(ms);

describe("order", () => {
  test("phases one after the other, whatever the order of registration", async () => {
    const lifecycle = make();
    const order: string[] = [];
    for (const phase of [...shutdownPhases].reverse()) {
      lifecycle.onShutdown(
        phase,
        async () => {
          await sleep(5);
          order.push(phase);
          expect(lifecycle.phase).toBe(phase);
        },
        { phase },
      );
    }
    expect(lifecycle.phase).toBeUndefined();
    const done = lifecycle.shutdown();
    await time.runUntilIdle();
    const report = await done;
    expect(order).toEqual(["notReady", "stopIntake", "drain", "release", "close", "flush"]);
    expect(report.hooks.map(({ name, durationMs }) => [name, durationMs])).toEqual(order.map((name) => [name, 5]));
    expect(report).toMatchObject({ outcome: "clean", exitCode: 0, durationMs: 30, reason: { kind: "manual" } });
  });

  test("within a phase: after what they name, otherwise in parallel", async () => {
    const lifecycle = make();
    const spans = new Map<string, [number, number]>();
    const hook = (name: string, ms: number, after: readonly string[]): void => {
      lifecycle.onShutdown(
        name,
        async () => {
          const start = time.runtime.now();
          await sleep(ms);
          spans.set(name, [start, time.runtime.now()]);
        },
        { after },
      );
    };
    hook("d", 1, ["b", "c"]);
    hook("b", 10, ["a"]);
    hook("c", 30, ["a", "nobody"]);
    hook("a", 5, []);
    hook("e", 50, []);
    void lifecycle.shutdown();
    await time.runUntilIdle();
    expect(Object.fromEntries(spans)).toEqual({ a: [0, 5], b: [5, 15], c: [5, 35], d: [35, 36], e: [0, 50] });
  });

  test("the higher priority starts first, then the first registered", async () => {
    const lifecycle = make();
    const order: string[] = [];
    for (const [name, priority] of [
      ["a", 0],
      ["b", 5],
      ["c", 0],
      ["d", -1],
    ] as const) {
      lifecycle.onShutdown(name, () => order.push(name), { priority });
    }
    await lifecycle.shutdown();
    expect(order).toEqual(["b", "a", "c", "d"]);
  });

  test("a hook may be taken back, and added to a phase that has not begun", async () => {
    const lifecycle = make();
    const ran: string[] = [];
    lifecycle.onShutdown("gone", () => ran.push("gone"))[Symbol.dispose]();
    lifecycle.onShutdown(
      "early",
      () => {
        lifecycle.onShutdown("late", () => ran.push("late"), { phase: "flush" });
        expect(() => lifecycle.onShutdown("too late", () => undefined, { phase: "drain" })).toThrow(ShutdownError);
      },
      { phase: "drain" },
    );
    const report = await lifecycle.shutdown();
    expect(ran).toEqual(["late"]);
    expect(report.outcome).toBe("clean");
  });
});

describe("checks at the door", () => {
  test("names, phases, circles and backward references are refused", () => {
    const lifecycle = make();
    const nothing = (): void => undefined;
    lifecycle.onShutdown("a", nothing, { after: ["b"] });
    lifecycle.onShutdown("x", nothing, { phase: "drain", after: ["y"] });
    expect(() => lifecycle.onShutdown("a", nothing)).toThrow('there is a hook "a"');
    expect(() => lifecycle.onShutdown("", nothing)).toThrow("Expected `name` to be a non-empty string");
    expect(() => lifecycle.onShutdown("c", 5 as never)).toThrow("Expected `hook` to be a function");
    expect(() => lifecycle.onShutdown("c", nothing, { phase: "later" as never })).toThrow("Expected `phase`");
    expect(() => lifecycle.onShutdown("c", nothing, { after: ["c"] })).toThrow("free of circles, but c waits for c");
    expect(() => lifecycle.onShutdown("b", nothing, { after: ["a"] })).toThrow("b waits for a waits for b");
    expect(() => lifecycle.onShutdown("y", nothing)).toThrow('"y" runs in close, "x" in drain');
    expect(() => make({ timeout: "soon" as "1s" })).toThrow("Expected `timeout` to be a duration");
    expect(() => make({ signals: "SIGTERM" as never })).toThrow("Expected `signals` to be an array");
    expect(() => make({ signals: ["SIGFOO"] })).toThrow("Expected `signals` to be one of");
    expect(() => make({ signals: ["SIGKILL"] })).toThrow('got "SIGKILL"');
    expect(() => make({ signals: ["SIGSTOP"] })).toThrow('got "SIGSTOP"');
  });
});

describe("hooks that fail or hang", () => {
  test("a throwing hook stops nothing, is reported, and makes the exit code 1", async () => {
    const lifecycle = make();
    const ran: string[] = [];
    const boom = new Error("boom");
    lifecycle.onShutdown("rejects", () => Promise.reject(boom));
    lifecycle.onShutdown("throws", () => {
      throw boom;
    });
    lifecycle.onShutdown("dependent", () => ran.push("dependent"), { after: ["throws"] });
    lifecycle.onShutdown("later", () => ran.push("later"), { phase: "flush" });
    const report = await lifecycle.shutdown();
    expect(ran).toEqual(["dependent", "later"]);
    expect(report).toMatchObject({ outcome: "failed", exitCode: 1 });
    expect(report.hooks.filter(({ outcome }) => outcome === "failed").map(({ error }) => error)).toEqual([boom, boom]);
    expect(time.failures.map(({ task }) => task).sort()).toEqual(['shutdown hook "rejects"', 'shutdown hook "throws"']);
    await time.settle();
    expect(process.exits).toEqual([1]);
  });

  test("its own timeout gives a hook up: its signal aborts, the rest goes on", async () => {
    const lifecycle = make();
    let heard: unknown;
    const hang = ({ signal }: ShutdownContext): Promise<void> =>
      new Promise(() => {
        signal.addEventListener("abort", () => {
          heard = signal.reason;
        });
      });
    lifecycle.onShutdown("hangs", hang, { phase: "drain", timeout: "2s" });
    lifecycle.onShutdown("later", () => undefined);
    const done = lifecycle.shutdown();
    await time.runUntilIdle();
    const report = await done;
    expect(report.hooks).toMatchObject([
      { name: "hangs", outcome: "timedOut", durationMs: 2_000 },
      { name: "later", outcome: "ok" },
    ]);
    expect(heard).toBeInstanceOf(TimeoutError);
    expect(report).toMatchObject({ outcome: "failed", exitCode: 1 });
  });

  test("the deadline ends it with 1, names what was pending and skips the rest", async () => {
    const lifecycle = make({ timeout: "10s" });
    const never = (): Promise<void> => new Promise(() => undefined);
    lifecycle.onShutdown("quick", () => undefined, { phase: "drain" });
    lifecycle.onShutdown("jobs", never, { phase: "drain" });
    lifecycle.onShutdown("uploads", never, { phase: "drain" });
    lifecycle.onShutdown("database", () => undefined);
    process.raise("SIGTERM");
    await time.advance("9s");
    expect(process.exits).toEqual([]);
    await time.advance("1s");
    const report = await lifecycle.done;
    expect(report.outcome).toBe("timedOut");
    expect(report.hooks.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["quick", "ok"],
      ["jobs", "timedOut"],
      ["uploads", "timedOut"],
      ["database", "skipped"],
    ]);
    const [failure] = time.failures;
    expect(failure?.error).toBeInstanceOf(ShutdownTimeoutError);
    expect(failure?.error).toMatchObject({ pending: ["jobs", "uploads"], timeoutMs: 10_000 });
    expect(time.failures).toHaveLength(1);
    await time.settle();
    expect(process.exits).toEqual([1]);
  });

  test("a hook that waits for the shutdown waits for itself, which the report hints at", async () => {
    const lifecycle = make({ timeout: "10s" });
    const joins = async (): Promise<void> => {
      await sleep(5);
      await lifecycle.shutdown();
    };
    lifecycle.onShutdown("server", joins, { timeout: "2s" });
    lifecycle.onShutdown("jobs", joins, { phase: "flush" });
    const done = lifecycle.shutdown();
    await time.advance("12s");
    const hint = "`shutdown()` was called while hooks ran: a hook that awaits it waits for itself";
    const { hooks } = await done;
    expect(hooks).toMatchObject([
      { name: "server", outcome: "timedOut", error: { timeoutMs: 2_000, cause: { message: hint } } },
      { name: "jobs", outcome: "timedOut", error: { pending: ["jobs"], cause: { message: hint } } },
    ]);
  });

  test("hooks know the reason and the deadline", async () => {
    await time.advance("1m");
    const lifecycle = make({ timeout: "10s" });
    let context: ShutdownContext | undefined;
    lifecycle.onShutdown("hook", (given) => {
      context = given;
    });
    await lifecycle.shutdown("enough");
    expect(context).toMatchObject({ reason: { kind: "manual", message: "enough" }, deadline: 70_000 });
    expect(context?.signal.aborted).toBe(false);
  });
});

describe("reasons", () => {
  test("a signal: aborts with a typed reason, exits with 0, once", async () => {
    const lifecycle = make();
    expect(lifecycle.signal.aborted).toBe(false);
    process.raise("SIGINT");
    expect(lifecycle.signal.reason).toBeInstanceOf(ShutdownError);
    expect(lifecycle.signal.reason).toMatchObject({ reason: { kind: "signal", signal: "SIGINT" }, code: "SHUTDOWN" });
    expect((lifecycle.signal.reason as Error).message).toBe("shutting down: SIGINT");
    await time.settle();
    expect(process.exits).toEqual([0]);
    expect(process.listeners()).toBe(0);
  });

  test("a second signal exits at once with 128 and its number", () => {
    const lifecycle = make();
    lifecycle.onShutdown("hangs", () => new Promise(() => undefined));
    process.raise("SIGTERM");
    process.raise("SIGINT");
    expect(process.exits).toEqual([130]);
    process.raise("SIGTERM");
    expect(process.exits).toEqual([130, 143]);
  });

  test("only the signals asked for", () => {
    make({ signals: ["SIGHUP"], uncaught: false });
    expect(process.listeners()).toBe(1);
  });

  test.each(["uncaughtException", "unhandledRejection"] as const)(
    "%s: same path, short deadline, 1",
    async (origin) => {
      const lifecycle = make({ crashTimeout: "1s", readinessDelay: "5s" });
      lifecycle.markReady();
      const ran: string[] = [];
      lifecycle.onShutdown("first", () => ran.push("first"), { phase: "drain" });
      lifecycle.onShutdown("hangs", () => new Promise(() => undefined));
      const error = new Error("bug");
      process.raise(origin, error);
      expect(lifecycle.signal.reason).toMatchObject({ reason: { kind: "error", error, origin }, cause: error });
      await time.advance("1s");
      expect(ran).toEqual(["first"]);
      expect(process.exits).toEqual([1]);
      expect(time.failures[0]).toEqual({ error, task: origin });
    },
  );

  test("an error during a shutdown brings its deadline forward and makes the exit code 1", async () => {
    const lifecycle = make({ crashTimeout: "2s" });
    lifecycle.onShutdown("hangs", () => new Promise(() => undefined));
    process.raise("SIGTERM");
    await time.advance("1s");
    process.raise("uncaughtException", new Error("bug"));
    await time.advance("2s");
    expect((await lifecycle.done).outcome).toBe("timedOut");
    expect(process.exits).toEqual([1]);
  });

  test("an error does not put off a deadline that is nearer", async () => {
    const lifecycle = make({ timeout: "3s", crashTimeout: "1h" });
    lifecycle.onShutdown("hangs", () => new Promise(() => undefined));
    process.raise("SIGTERM");
    process.raise("uncaughtException", new Error("bug"));
    await time.advance("3s");
    expect(process.exits).toEqual([1]);
    process.raise("uncaughtException", new Error("bug"));
    await time.runUntilIdle();
    expect(process.exits).toEqual([1]);
  });

  test("a floating promise that rejects with the shutdown's own reason is no error", async () => {
    const lifecycle = make();
    process.raise("SIGTERM");
    process.raise("unhandledRejection", lifecycle.signal.reason);
    await time.settle();
    expect(process.exits).toEqual([0]);
  });

  test("a parent's abort", async () => {
    const parent = new AbortController();
    const lifecycle = make({ parent: parent.signal });
    parent.abort("bye");
    expect(lifecycle.signal.reason).toMatchObject({ reason: { kind: "parent", reason: "bye" }, cause: "bye" });
    const late = make({ parent: parent.signal });
    expect((await late.done).reason).toEqual({ kind: "parent", reason: "bye" });
  });

  test("further calls join the shutdown that runs", async () => {
    const lifecycle = make({ exit: false });
    const first = lifecycle.shutdown("one");
    const second = lifecycle.shutdown("two");
    expect(await second).toBe(await first);
    expect((await first).reason).toEqual({ kind: "manual", message: "one" });
    await time.settle();
    expect(process.exits).toEqual([]);
    expect(process.listeners()).toBe(0);
  });

  test("disposing shuts down without an exit", async () => {
    const ran: string[] = [];
    {
      await using lifecycle = make();
      lifecycle.onShutdown("hook", () => ran.push("hook"));
    }
    await time.settle();
    expect(ran).toEqual(["hook"]);
    expect(process.exits).toEqual([]);
    expect(process.listeners()).toBe(0);
  });
});

describe("readiness", () => {
  test("from markReady until a shutdown begins; then it serves on for a while", async () => {
    const lifecycle = make({ readinessDelay: "5s" });
    expect(lifecycle.isReady).toBe(false);
    lifecycle.markReady();
    expect(lifecycle.isReady).toBe(true);
    let stopped: number | undefined;
    lifecycle.onShutdown("intake", () => (stopped = time.runtime.now()), { phase: "stopIntake" });
    process.raise("SIGTERM");
    expect(lifecycle.isReady).toBe(false);
    lifecycle.markReady();
    expect(lifecycle.isReady).toBe(false);
    await time.runUntilIdle();
    expect(stopped).toBe(5_000);
  });

  test("no delay for what was never ready", async () => {
    make({ readinessDelay: "5s" });
    process.raise("SIGTERM");
    await time.settle();
    expect(process.exits).toEqual([0]);
  });
});

describe("work", () => {
  test("tracked promises are waited for in the drain phase; their failures stay the caller's", async () => {
    const lifecycle = make();
    const work = lifecycle.track(sleep(100));
    const failing = lifecycle.track(sleep(50).then(() => Promise.reject(new Error("theirs"))));
    const caught = expect(failing).rejects.toThrow("theirs");
    let closed: number | undefined;
    lifecycle.onShutdown("database", () => (closed = time.runtime.now()));
    const done = lifecycle.shutdown();
    void lifecycle.track(sleep(200));
    await time.runUntilIdle();
    await Promise.all([work, caught]);
    expect(closed).toBe(200);
    expect((await done).hooks[0]).toMatchObject({ name: "tracked work", phase: "drain", outcome: "ok" });
  });

  test("work that begins during the first phases is waited for, too", async () => {
    const lifecycle = make();
    lifecycle.onShutdown("late", () => void lifecycle.track(sleep(10)), { phase: "stopIntake" });
    lifecycle.onShutdown("too late", () => void lifecycle.track(sleep(99)), { phase: "release" });
    const done = lifecycle.shutdown();
    await time.advance(10);
    expect((await done).durationMs).toBe(10);
  });

  test("a channel is closed and read to its end", async () => {
    const lifecycle = make();
    const [tx, rx] = mpsc.channel<number>(8);
    const seen: number[] = [];
    const consumer = (async () => {
      for await (const value of rx) {
        await sleep(10);
        seen.push(value);
      }
    })();
    lifecycle.drain("jobs", rx, consumer);
    for (const value of [1, 2, 3]) tx.trySend(value);
    let seenAtClose = 0;
    lifecycle.onShutdown("database", () => (seenAtClose = seen.length));
    void lifecycle.shutdown();
    await time.settle();
    expect(tx.isClosed).toBe(true);
    await time.runUntilIdle();
    expect(seen).toEqual([1, 2, 3]);
    expect(seenAtClose).toBe(3);
  });

  test("the channels of a pipeline are closed one after the other", async () => {
    const lifecycle = make();
    const [parse, parsing] = mpsc.channel<number>(8);
    const [save, saving] = mpsc.channel<number>(1);
    const saved: number[] = [];
    const parser = (async () => {
      for await (const value of parsing) await save.send(value * 2);
    })();
    const saver = (async () => {
      for await (const value of saving) saved.push(await sleep(10).then(() => value));
    })();
    lifecycle.drain("save", saving, saver, { after: ["parse"] });
    lifecycle.drain("parse", parsing, parser);
    for (const value of [1, 2, 3]) parse.trySend(value);
    void lifecycle.shutdown();
    await time.runUntilIdle();
    expect((await lifecycle.done).outcome).toBe("clean");
    expect(saved).toEqual([2, 4, 6]);
  });

  test("a consumer that ends before its channel does fails the drain, which says how much is left", async () => {
    const lifecycle = make();
    const [tx, rx] = mpsc.channel<number>(8);
    const consumer = (async () => {
      for await (const value of rx) if (value === 1) return;
    })();
    lifecycle.drain("jobs", rx, consumer);
    for (const value of [0, 1, 2, 3]) tx.trySend(value);
    const { outcome, exitCode, hooks } = await lifecycle.shutdown();
    expect([outcome, exitCode]).toEqual(["failed", 1]);
    expect(hooks).toMatchObject([{ name: "jobs", outcome: "failed", error: { drain: "jobs", left: 2 } }]);
    expect(String(hooks[0]?.error)).toContain('the consumer of "jobs" ended early; left in the channel: 2');
  });

  test("a consumer that fails shuts down, named with what is left and why", async () => {
    const lifecycle = make();
    const [tx, rx] = mpsc.channel<number>(8);
    const pool = forEachConcurrent(rx, 2, (job) => {
      if (job === 3) throw new Error("bad job");
    });
    lifecycle.drain("jobs", rx, pool);
    for (const job of [1, 2, 3, 4, 5, 6]) tx.trySend(job);
    await time.settle();
    const { reason, exitCode, hooks } = await lifecycle.done;
    const said = { code: "DRAIN_INCOMPLETE", drain: "jobs", left: rx.length, cause: new Error("bad job") };
    expect(rx.length).toBeGreaterThan(0);
    expect([exitCode, reason]).toMatchObject([1, { kind: "error", origin: "consumer", error: said }]);
    expect(hooks).toMatchObject([{ name: "jobs", outcome: "failed", error: said }]);
    expect(time.failures).toMatchObject([{ error: said }, { error: said }]);
  });

  test.each(["before", "after"])("a message sent just %s the shutdown stops a pool is not lost", async (when) => {
    const lifecycle = make();
    const [tx, rx] = mpsc.channel<string>(8);
    const used: string[] = [];
    const pool = forEachConcurrent(rx, 2, (job) => used.push(job), { signal: lifecycle.signal });
    lifecycle.drain("jobs", rx, pool);
    await time.settle();
    if (when === "before") tx.trySend("late");
    const done = lifecycle.shutdown();
    if (when === "after") tx.trySend("late");
    await time.runUntilIdle();
    const { hooks } = await done;
    expect(used).toEqual(when === "before" ? ["late"] : []);
    const left = 1 - used.length;
    expect(hooks).toMatchObject([{ name: "jobs", outcome: "failed", error: { code: "DRAIN_INCOMPLETE", left } }]);
  });

  test("a consumer that fails is only reported where errors do not shut down", async () => {
    const lifecycle = make({ uncaught: false });
    const consumer = Promise.reject(new Error("bad job"));
    lifecycle.drain("jobs", { close: () => undefined }, consumer);
    await time.settle();
    expect(lifecycle.signal.aborted).toBe(false);
    expect(time.failures).toMatchObject([{ error: { drain: "jobs", left: undefined } }]);
  });

  test("what cannot be drained is refused", () => {
    const lifecycle = make();
    const [, rx] = mpsc.channel(1);
    expect(() => lifecycle.drain("a", undefined as never, Promise.resolve())).toThrow("Expected `channel.close`");
    expect(() => lifecycle.drain("a", rx, undefined as never)).toThrow("Expected `consumer` to be a promise");
  });

  test("a drained channel can be taken back", async () => {
    const lifecycle = make();
    const close = vi.fn();
    lifecycle.drain("jobs", { close }, Promise.resolve())[Symbol.dispose]();
    await lifecycle.shutdown();
    expect(close).not.toHaveBeenCalled();
  });
});

describe("observers", () => {
  test("signals and logs tell of it", async () => {
    const heard: unknown[] = [];
    time.runtime.signals.on("*", (payload, name) => heard.push([name, payload["phase"] ?? payload["outcome"]]));
    const info = vi.fn();
    const lifecycle = make({ logger: { ...silentLogger, info } });
    await lifecycle.shutdown("enough");
    expect(heard).toEqual([
      ...shutdownPhases.map((phase) => ["lifecycle:phaseEntered", phase]),
      ["lifecycle:stopped", "clean"],
    ]);
    expect(info.mock.calls).toEqual([
      [{ reason: "enough" }, "shutting down"],
      [{ outcome: "clean", exitCode: 0, durationMs: 0 }, "shut down"],
    ]);
  });

  test("failures go to the log, each once with what failed, and not to the runtime, too", async () => {
    const error = vi.fn();
    const lifecycle = make({ timeout: 10, logger: { ...silentLogger, error } });
    const boom = new Error("boom");
    const late = new Error("late");
    lifecycle.onShutdown("database", () => Promise.reject(boom), { phase: "drain" });
    lifecycle.onShutdown("hangs", () => new Promise(() => undefined));
    process.raise("uncaughtException", late);
    await time.advance(10);
    const { hooks } = await lifecycle.done;
    expect(hooks.map(({ outcome }) => outcome)).toEqual(["failed", "timedOut"]);
    expect(error.mock.calls).toMatchObject([
      [{ err: late }, "failed: uncaughtException"],
      [{ err: boom, hook: "database", phase: "drain" }, 'failed: shutdown hook "database"'],
      [{ err: { code: "SHUTDOWN_TIMEOUT", pending: ["hangs"] } }, "failed: shutdown"],
    ]);
    expect(time.failures).toEqual([]);
  });

  test("what the logger throws at is reported", async () => {
    const error = (): never => {
      throw new Error("logger");
    };
    const lifecycle = make({ logger: { ...silentLogger, error } });
    lifecycle.onShutdown("database", () => Promise.reject(new Error("boom")));
    await lifecycle.shutdown();
    expect(time.failures).toMatchObject([{ task: 'shutdown hook "database"', error: { message: "boom" } }]);
  });

  test("a logger that throws does not keep the process from exiting", async () => {
    const debug = (): never => {
      throw new Error("logger");
    };
    make({ logger: { ...silentLogger, debug } });
    process.raise("SIGTERM");
    await time.settle();
    expect(process.exits).toEqual([1]);
    expect(time.failures[0]?.task).toBe("shutdown");
  });
});
