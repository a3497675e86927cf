import { describe, expect, test } from "vitest";
import { type CircuitBreaker, CircuitOpenError, type Trip, circuitBreaker, exponential } from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();
const failure = new Error("down");
const good = (breaker: CircuitBreaker): Promise<unknown> => outcome(breaker.execute(() => "ok"));
const bad = (breaker: CircuitBreaker): Promise<unknown> => outcome(breaker.execute(() => Promise.reject(failure)));
const feed = async (breaker: CircuitBreaker, pattern: string): Promise<string> => {
  for (const letter of pattern) await (letter === "x" ? bad(breaker) : good(breaker));
  return breaker.state.kind;
};

describe("opens", () => {
  test("after five failures in a row, if not told otherwise", async () => {
    const breaker = circuitBreaker();
    expect(await feed(breaker, "xxxx.xxxx")).toBe("closed");
    expect(await feed(breaker, "x")).toBe("open");
    expect(breaker.state).toEqual({ kind: "open", until: 10_000, error: failure });
  });

  test("when too great a share of the last calls failed", async () => {
    const trip: Trip = { kind: "count", threshold: 0.5, size: 4 };
    expect(await feed(circuitBreaker({ trip }), "xxx")).toBe("closed");
    expect(await feed(circuitBreaker({ trip }), "x..x")).toBe("open");
    expect(await feed(circuitBreaker({ trip }), "x...x...x")).toBe("closed");
    expect(await feed(circuitBreaker({ trip: { ...trip, minimum: 1 } }), "x")).toBe("open");
    const breaker = circuitBreaker({ trip: { ...trip, size: 2, threshold: 1 } });
    expect(await feed(breaker, "x.x.x.")).toBe("closed");
    expect(await feed(breaker, "xx")).toBe("open");
  });

  test("when too great a share of the calls of the last seconds failed", async () => {
    const trip: Trip = { kind: "sampling", threshold: 0.5, window: "10s", minimum: 4 };
    const breaker = circuitBreaker({ trip });
    expect(await feed(breaker, "xxx")).toBe("closed");
    await time.current.advance("11s");
    expect(await feed(breaker, "x..")).toBe("closed");
    await time.current.advance("5s");
    expect(await feed(breaker, "x")).toBe("open");
  });

  test("and refuses at once then, without calling", async () => {
    const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor: "30s" });
    await bad(breaker);
    await time.current.advance("10s");
    let called = false;
    const [, error] = await outcome(breaker.execute(() => (called = true)));
    expect(error).toBeInstanceOf(CircuitOpenError);
    expect(error).toMatchObject({ retryAfterMs: 20_000, cause: failure, code: "CIRCUIT_OPEN" });
    expect(error).toHaveProperty("message", "the circuit is open for another 20000 ms");
    expect(called).toBe(false);
  });
});

describe("half-open", () => {
  const open = async (trials: number): Promise<CircuitBreaker> => {
    const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor: "1s", trials });
    await bad(breaker);
    await time.current.advance("1s");
    return breaker;
  };

  test("closes when every trial call succeeds, and opens again when one fails", async () => {
    const breaker = await open(3);
    expect(await feed(breaker, "..")).toBe("halfOpen");
    expect(await feed(breaker, ".")).toBe("closed");
    const again = await open(3);
    expect(await feed(again, "..x")).toBe("open");
  });

  test("lets no more than the trial calls through", async () => {
    const breaker = await open(2);
    let answer: ((value: string) => void) | undefined;
    const slow = breaker.execute(() => new Promise<string>((resolve) => (answer = resolve)));
    const other = good(breaker);
    expect(await good(breaker)).toEqual(["failed", expect.any(CircuitOpenError)]);
    await other;
    expect(breaker.state.kind).toBe("halfOpen");
    answer?.("ok");
    expect(await slow).toBe("ok");
    expect(breaker.state.kind).toBe("closed");
  });

  test.each<Trip>([
    { kind: "consecutive", failures: 2 },
    { kind: "count", threshold: 0.5, size: 4, minimum: 2 },
    { kind: "sampling", threshold: 0.5, window: "1h", minimum: 2 },
  ])("counts anew once it has closed: %o", async (trip) => {
    const breaker = circuitBreaker({ trip, openFor: "1s" });
    expect(await feed(breaker, "xx")).toBe("open");
    await time.current.advance("1s");
    expect(await feed(breaker, ".x")).toBe("closed");
    expect(await feed(breaker, "x")).toBe("open");
  });

  test("says to whom it refuses that trial calls are under way", async () => {
    const breaker = await open(1);
    const caller = new AbortController();
    const trial = breaker.execute(untilAborted, { signal: caller.signal }).catch(() => "given up");
    const [, error] = await outcome(breaker.execute(() => "ok"));
    const message = "the circuit is half-open, with as many trial calls as it lets through";
    expect(error).toMatchObject({ retryAfterMs: 0, message });
    caller.abort();
    expect(await trial).toBe("given up");
  });

  test("a trial call that its caller gave up makes room for another", async () => {
    const breaker = await open(1);
    const controller = new AbortController();
    const trial = outcome(breaker.execute(untilAborted, { signal: controller.signal }));
    expect(await good(breaker)).toEqual(["failed", expect.any(CircuitOpenError)]);
    controller.abort("enough");
    expect(await trial).toEqual(["failed", "enough"]);
    expect(breaker.state.kind).toBe("halfOpen");
    expect(await feed(breaker, ".")).toBe("closed");
  });

  test("a trial call that its caller gave up makes room at once, even if its function never ends, and counts no more", async () => {
    const breaker = await open(1);
    const controller = new AbortController();
    let answer: ((value: string) => void) | undefined;
    const deaf = (): Promise<string> => new Promise((resolve) => (answer = resolve));
    const trial = outcome(breaker.execute(deaf, { signal: controller.signal }));
    controller.abort("enough");
    let fail: ((error: unknown) => void) | undefined;
    const next = outcome(breaker.execute(() => new Promise((_resolve, reject) => (fail = reject))));
    answer?.("late");
    await trial;
    expect(breaker.state.kind).toBe("halfOpen");
    expect(await good(breaker)).toEqual(["failed", expect.any(CircuitOpenError)]);
    fail?.(failure);
    await next;
    expect(breaker.state.kind).toBe("open");
  });

  test("a trial call about which a function of the owner's throws opens it", async () => {
    let isBroken = false;
    const bug = (): never => {
      throw new Error("bug");
    };
    for (const options of [
      { isFailure: () => (isBroken ? bug() : true) },
      { openFor: () => (isBroken ? bug() : 1_000) },
    ]) {
      isBroken = false;
      const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor: "1s", ...options });
      await bad(breaker);
      await time.current.advance("1s");
      isBroken = true;
      expect(await bad(breaker)).toEqual(["failed", new Error("bug")]);
      isBroken = false;
      await time.current.advance("1s");
      expect(await feed(breaker, ".")).toBe("closed");
    }
  });

  test("what began before a change of state does not count after it", async () => {
    const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor: "1s" });
    let fail: ((error: unknown) => void) | undefined;
    let answer: ((value: string) => void) | undefined;
    const early = outcome(breaker.execute(() => new Promise<string>((resolve) => (answer = resolve))));
    const late = outcome(breaker.execute(() => new Promise<string>((_resolve, reject) => (fail = reject))));
    await bad(breaker);
    answer?.("ok");
    await early;
    expect(breaker.state.kind).toBe("open");
    await time.current.advance("1s");
    expect(await feed(breaker, ".")).toBe("closed");
    fail?.(failure);
    await late;
    expect(breaker.state.kind).toBe("closed");
  });

  test("a backoff lengthens the time from opening to opening, until it closes", async () => {
    const openFor = exponential({ base: "1s", jitter: "none" });
    const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor });
    const times: number[] = [];
    breaker.events.on("opened", ({ retryAfterMs }) => times.push(retryAfterMs));
    await bad(breaker);
    for (const wait of [1_000, 2_000, 4_000]) {
      await time.current.advance(wait);
      await bad(breaker);
    }
    await time.current.advance("8s");
    await good(breaker);
    await bad(breaker);
    expect(times).toEqual([1_000, 2_000, 4_000, 8_000, 1_000]);
  });
});

describe("what counts", () => {
  test("isFailure tells failures from answers", async () => {
    const breaker = circuitBreaker({
      trip: { kind: "consecutive", failures: 2 },
      isFailure: (error) => error === failure,
    });
    await bad(breaker);
    await outcome(breaker.execute(() => Promise.reject(new Error("not found"))));
    await bad(breaker);
    expect(breaker.state.kind).toBe("closed");
  });

  test("a call that its caller gave up does not", async () => {
    const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 } });
    const controller = new AbortController();
    const call = outcome(breaker.execute(untilAborted, { signal: controller.signal }));
    controller.abort("enough");
    await call;
    expect(breaker.state.kind).toBe("closed");
    expect(await outcome(breaker.execute(() => 1, { signal: controller.signal }))).toEqual(["failed", "enough"]);
  });

  test("held open by hand until released", async () => {
    const breaker = circuitBreaker();
    const held = breaker.isolate();
    expect(breaker.state.kind).toBe("isolated");
    await time.current.advance("1d");
    const [, error] = await outcome(breaker.execute(() => 1));
    expect(error).toMatchObject({ retryAfterMs: Number.POSITIVE_INFINITY, message: "the circuit is held open" });
    held[Symbol.dispose]();
    expect(await good(breaker)).toEqual(["ok", "ok"]);
    held[Symbol.dispose]();
    expect(breaker.state.kind).toBe("closed");
  });

  test("its owner hears of each change", async () => {
    const breaker = circuitBreaker({ trip: { kind: "consecutive", failures: 1 }, openFor: "1s" });
    const heard: string[] = [];
    for (const event of ["opened", "halfOpened", "closed"] as const) breaker.events.on(event, () => heard.push(event));
    await bad(breaker);
    await time.current.advance("1s");
    await good(breaker);
    expect(heard).toEqual(["opened", "halfOpened", "closed"]);
  });
});

test("figures that make no sense are refused", () => {
  const refused = (trip: unknown): unknown => expect(() => circuitBreaker({ trip: trip as Trip }));
  const cases: readonly [unknown, string][] = [
    [{ kind: "consecutive", failures: 0 }, "`trip.failures`"],
    [{ kind: "count", threshold: 2, size: 4 }, "`trip.threshold`"],
    [{ kind: "count", threshold: 0.5, size: 0 }, "`trip.size`"],
    [{ kind: "count", threshold: 0.5, size: 4, minimum: 5 }, "`trip.minimum`"],
    [{ kind: "sampling", threshold: 0.5, window: 0 }, "`trip.window`"],
    [{ kind: "sometimes" }, "`trip.kind`"],
  ];
  for (const [trip, message] of cases) (refused(trip) as { toThrow(text: string): void }).toThrow(message);
  expect(() => circuitBreaker({ trials: 0 })).toThrow("`trials`");
  expect(() => circuitBreaker({ openFor: "soon" as "1s" })).toThrow("`openFor`");
  expect(() => circuitBreaker({ isFailure: 1 as never })).toThrow("`isFailure`");
});
