import { describe, expect, test, vi } from "vitest";
import { TimeoutError } from "keelson/core";
import {
  type Attempt,
  type CallOptions,
  CircuitOpenError,
  type Policy,
  bulkhead,
  circuitBreaker,
  compose,
  constant,
  fallback,
  hedge,
  retry,
  retryPolicy,
  standardPipeline,
  timeoutPolicy,
} from "keelson/resilience";
import { eachInVirtualTime, outcome, untilAborted } from "./fixture.js";

const time = eachInVirtualTime();

describe("compose", () => {
  test("the first is the outermost", async () => {
    const order: string[] = [];
    const named = (name: string): Policy => ({
      name,
      execute: async (fn, options) => {
        order.push(`${name} in`);
        const value = await fn({ attempt: 1, deadline: Number.POSITIVE_INFINITY, signal: options?.signal ?? never });
        order.push(`${name} out`);
        return value;
      },
    });
    const never = new AbortController().signal;
    const policy = compose(named("a"), named("b"), named("c"));
    expect(policy.name).toBe("a(b(c))");
    expect(await policy.execute(() => 7)).toBe(7);
    expect(order).toEqual(["a in", "b in", "c in", "c out", "b out", "a out"]);
    expect(compose(named("alone")).name).toBe("alone");
  });

  test("attempt, deadline and signal come through from outside, also past a policy of one's own", async () => {
    const own: Policy = {
      name: "own",
      execute: async <T>(fn: Attempt<T>, options?: CallOptions): Promise<T> =>
        fn({ signal: new AbortController().signal, ...pick(options) }),
    };
    const pick = (options: CallOptions | undefined) => ({ ...(options as { attempt: number; deadline: number }) });
    const policy = compose(timeoutPolicy("1m"), retryPolicy({ backoff: constant(10) }), own, bulkhead({ max: 1 }));
    const seen: [number, number][] = [];
    const result = policy.execute(({ attempt, deadline }) => {
      seen.push([attempt, deadline]);
      return attempt < 3 ? Promise.reject(new Error("again")) : Promise.resolve(attempt);
    });
    await time.current.runUntilIdle();
    expect(await result).toBe(3);
    expect(seen).toEqual([
      [1, 60_000],
      [2, 60_000],
      [3, 60_000],
    ]);
  });

  test("the total timeout ends a retry's delay and its attempts", async () => {
    const policy = compose(
      timeoutPolicy("5s"),
      retryPolicy({ retries: 99, backoff: constant("2s") }),
      timeoutPolicy("1s"),
    );
    const hanging = outcome(policy.execute(untilAborted));
    await time.current.runUntilIdle();
    const [, error] = await hanging;
    // The attempts of a second each fail at 1 s and 4 s; a third would begin after the total deadline.
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeoutMs: 1_000 });
    expect(time.current.runtime.now()).toBe(4_000);
    const total = outcome(compose(timeoutPolicy("5s"), retryPolicy(), hedge({ after: "1s" })).execute(untilAborted));
    await time.current.runUntilIdle();
    expect((await total)[1]).toMatchObject({ timeoutMs: 5_000 });
  });

  test.each([{}, { retry: false }, { hedge: { after: "1s" } }] as const)(
    "the standard pipeline with %o leaves a function that never ends to itself, when the time is up and at an abort",
    async (options) => {
      const policy = standardPipeline({ ...options, totalTimeout: "5s" });
      const deaf = () => new Promise<never>(() => undefined);
      const late = outcome(policy.execute(deaf));
      await time.current.advance("5s");
      expect((await late)[1]).toMatchObject({ timeoutMs: 5_000 });
      const controller = new AbortController();
      const aborted = outcome(policy.execute(deaf, { signal: controller.signal }));
      controller.abort("enough");
      expect(await aborted).toEqual(["failed", "enough"]);
    },
  );

  test("an abort from outside reaches the function through every policy", async () => {
    const policy = compose(
      bulkhead({ max: 1 }),
      timeoutPolicy("1m"),
      retryPolicy(),
      circuitBreaker(),
      hedge({ after: "1s" }),
      timeoutPolicy("30s"),
    );
    const controller = new AbortController();
    let heard: unknown;
    const fn = ({ signal }: { readonly signal: AbortSignal }): Promise<never> => {
      signal.addEventListener("abort", () => {
        heard = signal.reason;
      });
      return untilAborted({ signal });
    };
    const result = outcome(policy.execute(fn, { signal: controller.signal }));
    await time.current.settle();
    controller.abort("enough");
    expect(await result).toEqual(["failed", "enough"]);
    expect(heard).toBe("enough");
    await time.current.runUntilIdle();
    expect(time.current.runtime.now()).toBe(0);
  });

  test("no signal is made unless somebody reads it", async () => {
    let made = 0;
    class Counted extends AbortController {
      constructor() {
        super();
        made += 1;
      }
    }
    vi.stubGlobal("AbortController", Counted);
    try {
      expect(await standardPipeline({ hedge: { after: "1s" } }).execute(() => 1)).toBe(1);
      expect(await retry(() => 1, { deadline: "1s" })).toBe(1);
      expect(made).toBe(0);
      expect(await standardPipeline().execute(({ signal }) => signal.aborted)).toBe(false);
      expect(made).toBe(1);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("a call that has ended hears nothing any more", async () => {
    const controller = new AbortController();
    const signal = await timeoutPolicy("1m").execute((ctx) => ctx.signal, { signal: controller.signal });
    controller.abort("later");
    expect(signal.aborted).toBe(false);
    const unread = await timeoutPolicy("1m").execute((ctx) => ctx, { signal: new AbortController().signal });
    expect(unread.signal.aborted).toBe(false);
  });
});

describe("standardPipeline", () => {
  test("is .NET's order and figures", async () => {
    const pipeline = standardPipeline({ hedge: { after: "1s" } });
    expect(pipeline.name).toBe("bulkhead(timeout(retry(circuitBreaker(hedge(timeout)))))");
    let attempts = 0;
    const down = (): Promise<never> => {
      attempts += 1;
      return Promise.reject(new Error("down"));
    };
    const result = outcome(pipeline.execute(down));
    await time.current.runUntilIdle();
    await result;
    expect(attempts).toBe(4);
    const slow = outcome(standardPipeline().execute(untilAborted));
    await time.current.runUntilIdle();
    expect((await slow)[1]).toBeInstanceOf(TimeoutError);
  });

  test("its breaker opens on a tenth of a hundred", async () => {
    const pipeline = standardPipeline({ retry: false });
    for (let call = 0; call < 100; call += 1) {
      await outcome(pipeline.execute(() => (call < 10 ? Promise.reject(new Error("down")) : 1)));
    }
    await outcome(pipeline.execute(() => Promise.reject(new Error("down"))));
    expect((await outcome(pipeline.execute(() => 1)))[1]).toBeInstanceOf(CircuitOpenError);
  });

  test("parts can be left out, even all of them", async () => {
    const none = { bulkhead: false, totalTimeout: false, retry: false, breaker: false, attemptTimeout: false } as const;
    expect(standardPipeline({ ...none, retry: {} }).name).toBe("retry");
    const plain = standardPipeline({ ...none, hedge: false });
    expect(plain.name).toBe("plain");
    expect(await plain.execute(({ attempt }) => attempt)).toBe(1);
  });
});

test("a fallback outside covers what the rest gives up on", async () => {
  const policy = compose(
    fallback(() => "cached"),
    timeoutPolicy(5),
  );
  const result = policy.execute(untilAborted);
  await time.current.runUntilIdle();
  expect(await result).toBe("cached");
});
