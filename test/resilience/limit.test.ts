import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TimeoutError } from "keelson/core";
import { type Limit, QueueFullError, limit } from "keelson/resilience";
import { type VirtualTime, virtualTime } from "keelson/testing";

let time: VirtualTime;
beforeEach(() => {
  time = virtualTime();
});
afterEach(() => {
  time[Symbol.dispose]();
});

/** Jobs that run until told to end. */
function jobs(run: Limit) {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const job = (name: string, options?: Parameters<Limit>[1]): Promise<string> =>
    run(
      () =>
        new Promise<string>((resolve) => {
          started.push(name);
          ends.set(name, () => {
            resolve(name);
          });
        }),
      options,
    );
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await time.settle();
  };
  return { started, job, end };
}

test("runs so many at a time, first come first served, whether they could leave or not", async () => {
  const run = limit(2);
  const { started, job, end } = jobs(run);
  const { signal } = new AbortController();
  const all = ["a", "b", "c", "d", "e", "f"].map((name, index) => job(name, index % 2 === 0 ? {} : { signal }));
  await time.settle();
  expect(started).toEqual(["a", "b"]);
  expect([run.active, run.pending]).toEqual([2, 4]);
  for (const name of ["b", "a", "c", "d", "e", "f"]) await end(name);
  expect(started).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d", "e", "f"]);
  expect([run.active, run.pending]).toEqual([0, 0]);
});

test("results and failures come through unchanged", async () => {
  const run = limit(1);
  expect(await run(() => 5)).toBe(5);
  const { signal } = new AbortController();
  const results = await Promise.allSettled([
    run(() => Promise.reject(new Error("one"))),
    run(
      () => {
        throw new Error("two");
      },
      { signal },
    ),
    run(() => "three", { signal }),
  ]);
  expect(results.map((result) => (result.status === "rejected" ? String(result.reason) : result.value))).toEqual([
    "Error: one",
    "Error: two",
    "three",
  ]);
});

describe("leaving the queue", () => {
  test("an aborted waiter never runs, and the others keep their order", async () => {
    const run = limit(1);
    const { started, job, end } = jobs(run);
    const [b, c] = [new AbortController(), new AbortController()];
    void job("a");
    const left = [job("b", { signal: b.signal }), job("c", { signal: c.signal })];
    const reasons = Promise.allSettled(left);
    void job("d");
    void job("e", { timeout: "1h" });
    b.abort("b left");
    c.abort("c left");
    expect(await reasons).toEqual([
      { status: "rejected", reason: "b left" },
      { status: "rejected", reason: "c left" },
    ]);
    expect(run.pending).toBe(2);
    void job("f");
    for (const name of ["a", "d", "e", "f"]) await end(name);
    expect(started).toEqual(["a", "d", "e", "f"]);
    expect([run.active, run.pending]).toEqual([0, 0]);
    void job("g");
    await time.settle();
    expect(started.at(-1)).toBe("g");
  });

  test("a timeout ends the wait, not the run", async () => {
    const run = limit(1);
    const { started, job, end } = jobs(run);
    const a = job("a", { timeout: 10 });
    const b = expect(job("b", { timeout: 10 })).rejects.toThrow(TimeoutError);
    await time.advance(10);
    await b;
    await end("a");
    expect(await a).toBe("a");
    expect(started).toEqual(["a"]);
    await expect(run(() => 1, { signal: AbortSignal.abort("gone") })).rejects.toBe("gone");
  });

  test("waiters that come and go by the thousand leave nothing behind a stuck slot", async () => {
    const run = limit(1);
    const { job, end, started } = jobs(run);
    void job("stuck");
    for (let round = 0; round < 1_000; round += 1) {
      const controller = new AbortController();
      const gone = job("gone", { signal: controller.signal }).catch(() => "left");
      controller.abort();
      expect(await gone).toBe("left");
      expect(run.pending).toBe(0);
    }
    const turns = vi.spyOn(time.runtime, "wake");
    await end("stuck");
    expect(turns).not.toHaveBeenCalled();
    void job("next");
    await time.settle();
    expect(started).toEqual(["stuck", "next"]);
  });

  test("each function runs in the async context of its call", async () => {
    const storage = new AsyncLocalStorage<string>();
    const run = limit(1);
    const { job, end } = jobs(run);
    const seen: unknown[] = [];
    void job("a");
    const gone = new AbortController();
    const left = storage.run("gone", () => job("b", { signal: gone.signal })).catch(() => undefined);
    const kept = ["c", "d"].map((name) =>
      storage.run(name, () => run(() => seen.push(storage.getStore()), { timeout: "1h" })),
    );
    gone.abort();
    await left;
    await end("a");
    await Promise.all(kept);
    expect(seen).toEqual(["c", "d"]);
  });
});

describe("a bounded queue", () => {
  test("refuses what does not fit, at once", async () => {
    const run = limit(1, { queue: 1 });
    const { started, job, end } = jobs(run);
    void job("a");
    void job("b");
    await expect(job("c")).rejects.toThrow(QueueFullError);
    await expect(job("c", { timeout: 5 })).rejects.toThrow("all slots are taken and 1 calls wait already");
    await end("a");
    void job("d");
    await end("b");
    await end("d");
    expect(started).toEqual(["a", "b", "d"]);
  });

  test("a place is free again when its waiter left", async () => {
    const run = limit(1, { queue: 1 });
    const { started, job, end } = jobs(run);
    void job("a");
    const gone = new AbortController();
    const left = expect(job("b", { signal: gone.signal })).rejects.toBe("left");
    gone.abort("left");
    await left;
    void job("c");
    await end("a");
    expect(started).toEqual(["a", "c"]);
  });
});

describe("concurrency", () => {
  test("raised: waiters start; lowered: running ones finish", async () => {
    const run = limit(1);
    const { started, job, end } = jobs(run);
    for (const name of ["a", "b", "c", "d"]) void job(name);
    run.concurrency = 3;
    await time.settle();
    expect(started).toEqual(["a", "b", "c"]);
    run.concurrency = 1;
    expect(run.concurrency).toBe(1);
    await end("a");
    await end("b");
    expect(started).toHaveLength(3);
    await end("c");
    expect(started).toHaveLength(4);
  });

  test("must be an integer of at least 1, or Infinity", () => {
    expect(limit(Number.POSITIVE_INFINITY).concurrency).toBe(Number.POSITIVE_INFINITY);
    for (const wrong of [0, -1, 1.5, Number.NaN, "3" as never]) {
      expect(() => limit(wrong)).toThrow("Expected `concurrency` to be an integer of at least 1");
      expect(() => (limit(1).concurrency = wrong)).toThrow(RangeError);
    }
    expect(() => limit(1, { queue: -1 })).toThrow("Expected `queue`");
  });
});
