import { fc, test as law } from "@fast-check/vitest";
import { type BackoffOptions, clientGo } from "keelson/controllers";
import { virtualTime } from "keelson/testing";
import { expect, test } from "vitest";
import { KeyBackoff } from "../../src/controllers/key-backoff.js";
import { runs } from "../support/deep.js";

/** The waits of `count` failures in a row, each at the end of the wait before. */
async function waits(count: number, options?: BackoffOptions, seed = 1): Promise<readonly number[]> {
  using time = virtualTime({ seed });
  const backoff = new KeyBackoff(time.runtime, options);
  const found: number[] = [];
  while (found.length < count) {
    const wait = backoff.fail("a");
    found.push(wait);
    await time.advance(wait);
  }
  return found;
}

test("doubles from the base up to the cap", async () => {
  expect(await waits(5, { base: 100, cap: 1000, jitter: 0 })).toEqual([100, 200, 400, 800, 1000]);
  const goes = await waits(19, clientGo);
  expect([goes[0], goes[1], goes[17], goes[18]]).toEqual([5, 10, 655_360, 1_000_000]);
});

test("is 100 ms to 5 minutes, 20 % more or less, unless told otherwise", async () => {
  const found = await waits(40);
  found.forEach((wait, index) => {
    const middle = Math.min(300_000, 100 * 2 ** index);
    expect(wait).toBeGreaterThanOrEqual(middle * 0.8);
    expect(wait).toBeLessThanOrEqual(middle * 1.2);
  });
  expect(new Set(found).size).toBeGreaterThan(30);
});

test("counts one failure per window, and answers with what is left of it", async () => {
  using time = virtualTime();
  const backoff = new KeyBackoff(time.runtime, { jitter: 0 });
  expect(backoff.fail("a")).toBe(100);
  await time.advance(40);
  expect([backoff.fail("a"), backoff.count("a")]).toEqual([60, 1]);
  await time.advance(60);
  expect([backoff.fail("a"), backoff.count("a"), backoff.count("b")]).toEqual([200, 2, 0]);
});

test("forgets a key that is told to have succeeded, and no other", () => {
  using time = virtualTime();
  const backoff = new KeyBackoff(time.runtime, { jitter: 0 });
  backoff.fail("a");
  backoff.fail("b");
  backoff.forget("a");
  expect([backoff.count("a"), backoff.count("b"), backoff.fail("a")]).toEqual([0, 1, 100]);
});

law.prop([fc.double({ min: 0, max: 1, noNaN: true }), fc.integer()], { numRuns: runs(500) })(
  "each wait lies around its middle, by the jitter at most",
  async (jitter, seed) => {
    const found = await waits(14, { base: 2, cap: 1000, jitter }, seed);
    found.forEach((wait, index) => {
      const middle = Math.min(1000, 2 * 2 ** index);
      expect(Math.abs(wait - middle)).toBeLessThanOrEqual(middle * jitter + 1e-9);
    });
  },
);

test.each([-0.1, 1.5, Number.NaN])("refuses a jitter of %d", (jitter) => {
  using time = virtualTime();
  expect(() => new KeyBackoff(time.runtime, { jitter })).toThrow(RangeError);
});
