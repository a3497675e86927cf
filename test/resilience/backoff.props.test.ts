import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import {
  type Backoff,
  type Jitter,
  constant,
  custom,
  exponential,
  fibonacci,
  linear,
  sequence,
} from "keelson/resilience";
import { virtualTime } from "keelson/testing";
import { chiSquareUniform } from "../support/chi-square.js";

const jitters: readonly Jitter[] = ["none", "full", "equal", "decorrelated"];
const delay = fc.oneof(fc.integer({ min: 0, max: 10_000 }), fc.constant(2 ** 40));
const anyBackoff: fc.Arbitrary<{ readonly backoff: Backoff; readonly cap: number }> = fc
  .record({ base: delay, cap: delay, jitter: fc.constantFrom(...jitters), kind: fc.integer({ min: 0, max: 5 }) })
  .map(({ base, cap, jitter, kind }) => ({
    cap,
    backoff:
      [
        constant(base, { cap, jitter }),
        linear({ base, cap, jitter }),
        exponential({ base, cap, jitter, factor: 3 }),
        fibonacci({ base, cap, jitter }),
        sequence([base, base + 1], { cap, jitter }),
      ][kind] ?? custom(({ attempt }) => Math.min(cap, base * attempt)),
  }));
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const attempts = fc.oneof(fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }));

test.prop([anyBackoff, attempts, random, fc.integer({ min: 0, max: 2 ** 31 - 1 })])(
  "no attempt number makes a delay that is negative, not a number, above the cap or above what timers take",
  ({ backoff, cap }, attempt, draw, previous) => {
    const ms = backoff({ attempt, previous, error: undefined, random: () => draw });
    expect(ms).toBeGreaterThanOrEqual(0);
    expect(ms).toBeLessThanOrEqual(Math.min(cap, 2 ** 31 - 1));
  },
);

test.prop([fc.integer({ min: 1, max: 40 }), random])("full is in [0, t), equal in [t/2, t)", (attempt, draw) => {
  const at = (jitter: Jitter): number =>
    exponential({ base: 7, cap: "1h", jitter })({ attempt, previous: 0, error: undefined, random: () => draw });
  expect(at("full")).toBeLessThan(at("none"));
  expect(at("equal")).toBeGreaterThanOrEqual(at("none") / 2);
  expect(at("equal")).toBeLessThanOrEqual(at("none"));
});

test.prop([fc.array(random, { minLength: 1, maxLength: 60 })])(
  "decorrelated stays between the base and three times the delay before, and under the cap",
  (draws) => {
    const backoff = exponential({ base: 50, cap: 5_000, jitter: "decorrelated" });
    let previous = 0;
    for (const [index, draw] of draws.entries()) {
      const ms = backoff({ attempt: index + 1, previous, error: undefined, random: () => draw });
      expect(ms).toBeGreaterThanOrEqual(50);
      expect(ms).toBeLessThanOrEqual(Math.min(5_000, 3 * Math.max(50, previous)));
      previous = ms;
    }
  },
);

describe("10,000 draws are uniform over their range", () => {
  const ranges: readonly [Jitter, number, number][] = [
    ["full", 0, 800],
    ["equal", 400, 800],
    ["decorrelated", 100, 1_500],
  ];
  test.each(ranges)("%s", (jitter, low, high) => {
    using time = virtualTime({ seed: 42 });
    const backoff = exponential({ base: 100, cap: "1h", jitter });
    const step = { attempt: 4, previous: 500, error: undefined, random: () => time.runtime.random() };
    const draws = Array.from({ length: 10_000 }, () => backoff(step));
    expect(chiSquareUniform(draws, low, high, 20)).toBeLessThan(43.82);
    // The measure itself is not blind: half the range is far off.
    expect(
      chiSquareUniform(
        draws.map((draw) => low + (draw - low) / 2),
        low,
        high,
        20,
      ),
    ).toBeGreaterThan(1_000);
  });
});
