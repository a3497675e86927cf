import { expect, test } from "vitest";
import { PENDING, systemRuntime } from "keelson/core";
import { deferred } from "../../src/core/deferred.js";
import { promiseSource } from "../../src/core/promise-hub.js";
import { wait } from "../../src/core/wait.js";
import { armed } from "../support/armed.js";

test("one then per promise, however often it is asked for", () => {
  let thens = 0;
  const thenable: PromiseLike<number> = {
    then: () => {
      thens += 1;
      return thenable as never;
    },
  };
  expect(promiseSource(thenable)).toBe(promiseSource(thenable));
  expect(thens).toBe(1);
});

test("all who wait get the value, later ones at once", async () => {
  const { promise, resolve } = deferred<string>();
  const source = promiseSource(promise);
  expect(source.poll()).toBe(PENDING);
  const one = armed(source);
  const gone = armed(source);
  source.disarm(gone.waiter);
  resolve("v");
  await promise;
  expect([one.values, gone.values, source.poll()]).toEqual([["v"], [], "v"]);
});

test("a rejection rejects the waits, and is not unhandled", async () => {
  const { promise, reject } = deferred<string>();
  const source = promiseSource(promise);
  const waiting = wait(systemRuntime(), "test", source).catch((error: unknown) => error);
  const one = armed(source);
  const reason = new RangeError("r");
  reject(reason);
  expect(await waiting).toBe(reason);
  expect(one.errors).toEqual([reason]);
  expect(() => source.poll()).toThrow(RangeError);
});
