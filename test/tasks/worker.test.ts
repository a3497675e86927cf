import { afterAll, describe, expect, expectTypeOf, test } from "vitest";
import { TimeoutError } from "keelson/core";
import { type PiscinaClass, type WorkerFunctionName, workerPool } from "keelson/tasks/worker";
import { virtualTime } from "keelson/testing";
import { yieldNow } from "keelson/time";

interface Arithmetic {
  square(n: number): number;
  fail(message: string): never;
  spin(): never;
  readonly version: string;
}

const module = new URL("./fixtures/arithmetic.mjs", import.meta.url);

describe("with piscina", () => {
  const pool = workerPool<Arithmetic>({ module, threads: 2 });
  afterAll(() => pool[Symbol.asyncDispose]());

  test("functions run on threads", async () => {
    expect(await Promise.all([1, 2, 3].map((n) => pool.run("square", n)))).toEqual([1, 4, 9]);
    await expect(pool.run("fail", "on purpose")).rejects.toThrow(new RangeError("on purpose"));
  });

  test("a deadline or an abort ends a call that would never end", async () => {
    const controller = new AbortController();
    const aborted = pool.run("spin", undefined, { signal: controller.signal });
    const late = pool.run("spin", undefined, { timeout: 20 });
    const outcomes = Promise.allSettled([aborted, late]);
    controller.abort("enough");
    expect(await outcomes).toMatchObject([{ reason: "enough" }, { reason: { code: "TIMEOUT" } }]);
    expect(await pool.run("square", 5)).toBe(25);
  });

  test("closed, it takes no more", async () => {
    const other = workerPool<Arithmetic>({ module, threads: 1 });
    const last = other.run("square", 3);
    await last;
    await other.close();
    await expect(other.run("square", 3)).rejects.toThrow("it was closed");
    const unused = workerPool<Arithmetic>({ module });
    await unused.close();
    await unused[Symbol.asyncDispose]();
  });

  test("closing waits for the calls that run, and for none whose thread was ended", async () => {
    const other = workerPool<Arithmetic>({ module, threads: 1 });
    await other.run("square", 2);
    const controller = new AbortController();
    const spinning = other.run("spin", undefined, { signal: controller.signal }).catch((error: unknown) => error);
    await yieldNow();
    const closing = other.close();
    await yieldNow();
    controller.abort("enough");
    expect(await spinning).toBe("enough");
    await closing;
  });

  test("a module that cannot be loaded fails every call, those that are queued too, and not the process", async () => {
    using time = virtualTime();
    await using broken = workerPool<Arithmetic>({
      module: new URL("./fixtures/missing.mjs", import.meta.url),
      threads: 1,
    });
    const calls = [1, 2, 3, 4].map((n) => broken.run("square", n));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
    expect(outcomes[0]).toMatchObject({ reason: { code: "ERR_MODULE_NOT_FOUND" } });
    await expect(broken.run("square", 5)).rejects.toThrow();
    for (const { error } of time.failures) expect(error).toMatchObject({ code: "ERR_MODULE_NOT_FOUND" });
  });
});

describe("with a class handed in", () => {
  test("a pool that could not be opened has nothing to end: only its calls tell", async () => {
    const missing = new Error("no threads here");
    const piscina = function () {
      throw missing;
    } as unknown as PiscinaClass;
    const pool = workerPool<Arithmetic>({ module, piscina });
    await expect(pool.run("square", 3)).rejects.toBe(missing);
    await pool.close();
    await pool[Symbol.asyncDispose]();
  });

  test("it is given the module, the limits and the call", async () => {
    using time = virtualTime();
    const made: unknown[] = [];
    const calls: unknown[] = [];
    class Fake {
      constructor(options: unknown) {
        made.push(options);
      }
      run(input: unknown, { name }: { readonly name: string }): Promise<unknown> {
        calls.push([name, input]);
        return name === "spin" ? new Promise(() => undefined) : Promise.resolve("done");
      }
      close(): Promise<void> {
        calls.push("close");
        return Promise.resolve();
      }
      destroy(): Promise<void> {
        calls.push("destroy");
        return Promise.resolve();
      }
    }
    const piscina: PiscinaClass = Fake;
    const pool = workerPool<Arithmetic>({ module: "file:///a.mjs", threads: 3, idle: "1m", piscina });
    expect(made).toEqual([]);
    expect(await pool.run("square", 2)).toBe("done");
    expect(made).toEqual([{ filename: "file:///a.mjs", minThreads: 1, maxThreads: 3, idleTimeout: 60_000 }]);
    await pool.close();
    await pool[Symbol.asyncDispose]();
    expect(calls).toEqual([["square", 2], "close", "destroy"]);
    await time.runUntilIdle(0);
    await expect(pool.run("square", 1, { timeout: 1 })).rejects.not.toThrow(TimeoutError);
  });
});

test("options are checked", () => {
  expect(() => workerPool({ module, threads: 0 })).toThrow(RangeError);
  expect(() => workerPool({ module, idle: "long" as "1s" })).toThrow("`idle`");
});

test("only functions of the module can be named", () => {
  expectTypeOf<WorkerFunctionName<Arithmetic>>().toEqualTypeOf<"square" | "fail" | "spin">();
});
