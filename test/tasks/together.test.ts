import { describe, expect, test } from "vitest";
import { JoinError, join, scope, tryJoin } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";

const no = new RangeError("no");
const fails = () => Promise.reject(no);
const throws = (): never => {
  throw no;
};
const idle = ({ signal }: { readonly signal: AbortSignal }) => sleep("1h", { signal });

describe("join", () => {
  test("runs all together and gives the results in order", async () => {
    using time = virtualTime({ autoAdvance: true });
    expect(await join([() => sleep(20).then(() => "slow"), () => 1, () => sleep(10)])).toEqual(["slow", 1, undefined]);
    expect(time.runtime.now()).toBe(20);
    expect(await join([])).toEqual([]);
  });

  test("a failure stops none of the others", async () => {
    using _time = virtualTime({ autoAdvance: true });
    let isDone = false;
    await expect(join([throws, () => sleep(10).then(() => (isDone = true))])).rejects.toBe(no);
    expect(isDone).toBe(true);
    const other = new TypeError("other");
    await expect(join([throws, () => Promise.reject(other)])).rejects.toMatchObject({ errors: [no, other] });
  });

  test("the caller's abort reaches all, and counts once", async () => {
    using time = virtualTime();
    const controller = new AbortController();
    const both = join([idle, idle], { signal: controller.signal });
    controller.abort("stop");
    await expect(both).rejects.toBe("stop");
    await expect(join([throws], { signal: controller.signal })).rejects.toBe("stop");
    await time.runUntilIdle(0);
  });
});

describe("tryJoin", () => {
  test("gives the results", async () => {
    const results = await tryJoin([() => 1, () => Promise.resolve("two")]);
    expect(results).toEqual([1, "two"]);
  });

  test("fails fast, cancels and awaits the rest", async () => {
    using time = virtualTime();
    let isWound = false;
    const slow = async (context: { readonly signal: AbortSignal }): Promise<void> => {
      await idle(context).catch(() => undefined);
      await sleep(5);
      isWound = true;
    };
    const all = tryJoin([slow, idle, fails]).catch((error: unknown) => error);
    await time.settle();
    expect(isWound).toBe(false);
    await time.advance(5);
    expect(await all).toBe(no);
    expect(isWound).toBe(true);
    await time.runUntilIdle(0);
  });

  test("failures of their own after the first are told, too", async () => {
    const other = new TypeError("other");
    const clumsy = ({ signal }: { readonly signal: AbortSignal }) =>
      idle({ signal }).catch(() => Promise.reject(other));
    await expect(tryJoin([fails, clumsy])).rejects.toMatchObject({ errors: [no, other] });
  });
});

describe("scope", () => {
  test("waits for every task, also for those spawned by tasks", async () => {
    using time = virtualTime({ autoAdvance: true });
    const log: string[] = [];
    const result = await scope((tasks) => {
      tasks.spawn(async () => {
        await sleep(10);
        tasks.spawn(() => sleep(10).then(() => log.push("inner")));
        log.push("outer");
      });
      return "body";
    });
    expect([result, log, time.runtime.now()]).toEqual(["body", ["outer", "inner"], 20]);
  });

  test("the first failure cancels the others, and is passed on unchanged", async () => {
    using time = virtualTime();
    let body: unknown;
    const all = scope(async (tasks) => {
      tasks.spawn(idle);
      tasks.spawn(fails);
      body = await sleep("1h", tasks).catch((error: unknown) => error);
    });
    await expect(all).rejects.toBe(no);
    expect(body).toMatchObject({ code: "CANCELLED", cause: no });
    await time.runUntilIdle(0);
    expect(time.failures).toEqual([]);
  });

  test("a failing body cancels its tasks", async () => {
    using time = virtualTime();
    const all = scope((tasks) => {
      tasks.spawn(idle);
      throw no;
    });
    await expect(all).rejects.toBe(no);
    await time.runUntilIdle(0);
  });

  test("a failure joined by the body counts once", async () => {
    const error = await scope(async (tasks) => {
      await tasks.spawn(fails).join();
    }).catch((error: unknown) => error);
    expect(error).toBe(no);
  });

  test("several failures come together", async () => {
    const other = new TypeError("other");
    const all = scope((tasks) => {
      tasks.spawn(fails);
      tasks.spawn(({ signal }) => idle({ signal }).catch(() => Promise.reject(other)));
    });
    await expect(all).rejects.toMatchObject({ errors: [no, other] });
    await expect(all).rejects.toBeInstanceOf(AggregateError);
  });

  test("aborting one task is no failure", async () => {
    const result = await scope(async (tasks) => {
      const task = tasks.spawn(idle);
      await Promise.resolve();
      task.abort();
      return await task.join().catch((error: unknown) => error instanceof JoinError && error.kind);
    });
    expect(result).toBe("cancelled");
  });

  test("the caller's abort ends all of it, with the reason", async () => {
    using time = virtualTime();
    const controller = new AbortController();
    const all = scope(
      async (tasks) => {
        tasks.spawn(idle);
        await idle(tasks);
      },
      { signal: controller.signal },
    );
    await time.settle();
    controller.abort("stop");
    await expect(all).rejects.toBe("stop");
    await expect(scope(() => 1, { signal: controller.signal })).rejects.toBe("stop");
    await time.runUntilIdle(0);
  });

  test("a scope that has failed starts nothing more, one that has ended refuses", async () => {
    let ran = false;
    let leaked: { spawn(run: () => void): unknown } | undefined;
    const all = scope(async (tasks) => {
      leaked = tasks;
      tasks.spawn(fails);
      await idle(tasks).catch(() => undefined);
      tasks.spawn(() => (ran = true));
    });
    await expect(all).rejects.toBe(no);
    expect(ran).toBe(false);
    expect(() => leaked?.spawn(() => undefined)).toThrow(TypeError);
  });
});

test.each([
  ["join", join],
  ["tryJoin", tryJoin],
] as const)("%s refuses by name what is no function, and runs none of the others", async (_, run) => {
  let ran = false;
  const first = () => (ran = true);
  await expect(run([first, 1 as never])).rejects.toThrow("Expected `operations[1]` to be a function, got `1`");
  expect(ran).toBe(false);
});
