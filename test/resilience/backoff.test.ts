import { describe, expect, test } from "vitest";
import { type Backoff, constant, custom, exponential, fibonacci, linear, sequence } from "keelson/resilience";

const at = (backoff: Backoff, attempt: number, { previous = 0, random = 0.5 } = {}): number =>
  backoff({ attempt, previous, error: undefined, random: () => random });
const first = (backoff: Backoff, count: number): number[] =>
  Array.from({ length: count }, (_, index) => at(backoff, index + 1));

describe("growth", () => {
  test("constant, linear, exponential, fibonacci and sequence", () => {
    expect(first(constant("2s"), 3)).toEqual([2_000, 2_000, 2_000]);
    expect(first(linear({ base: 10 }), 3)).toEqual([10, 20, 30]);
    expect(first(linear({ base: 10, step: 1 }), 3)).toEqual([10, 11, 12]);
    expect(first(exponential({ base: 10, factor: 3, jitter: "none" }), 4)).toEqual([10, 30, 90, 270]);
    expect(first(fibonacci({ base: 1 }), 7)).toEqual([1, 1, 2, 3, 5, 8, 13]);
    expect(first(sequence([5, "1s"]), 4)).toEqual([5, 1_000, 1_000, 1_000]);
    expect(
      first(
        custom(({ attempt }) => attempt * 7),
        2,
      ),
    ).toEqual([7, 14]);
  });

  test("defaults: 100 ms, doubling to 30 s, with full jitter", () => {
    expect(first(exponential(), 3)).toEqual([50, 100, 200]);
    expect(at(exponential(), 100)).toBe(15_000);
    expect(first(linear(), 2)).toEqual([100, 200]);
    expect(first(fibonacci(), 3)).toEqual([100, 100, 200]);
  });

  test("a cap holds", () => {
    expect(at(linear({ base: 10, cap: 25 }), 3)).toBe(25);
    expect(at(fibonacci({ base: 10, cap: "1s" }), 5_000)).toBe(1_000);
    expect(at(constant(10, { cap: 5 }), 1)).toBe(5);
  });

  test("a base of 0 stays 0 however far it grows", () => {
    expect(at(exponential({ base: 0, jitter: "none" }), 5_000)).toBe(0);
    expect(at(fibonacci({ base: 0 }), 5_000)).toBe(0);
    expect(at(linear({ base: 0, step: 3 }), 3)).toBe(6);
  });
});

describe("jitter", () => {
  test("full, equal and decorrelated at the ends of their ranges", () => {
    const backoff = (jitter: "full" | "equal" | "decorrelated"): Backoff =>
      exponential({ base: 100, cap: 10_000, jitter });
    expect(at(backoff("full"), 3, { random: 0 })).toBe(0);
    expect(at(backoff("full"), 3, { random: 0.5 })).toBe(200);
    expect(at(backoff("equal"), 3, { random: 0 })).toBe(200);
    expect(at(backoff("equal"), 3, { random: 0.5 })).toBe(300);
    expect(at(backoff("decorrelated"), 1, { random: 0.5 })).toBe(200);
    expect(at(backoff("decorrelated"), 2, { previous: 1_000, random: 0.5 })).toBe(1_550);
    expect(at(backoff("decorrelated"), 9, { previous: 10_000, random: 0.9 })).toBe(10_000);
  });
});

describe("checks at the door", () => {
  test("what is no duration, factor, jitter, list or function is refused", () => {
    expect(() => constant("soon" as "1s")).toThrow("Expected `delay` to be a duration");
    expect(() => exponential({ factor: 0.5 })).toThrow("Expected `factor` to be a number of at least 1, got `0.5`");
    expect(() => exponential({ jitter: "half" as "full" })).toThrow('Expected `jitter` to be one of "none", "full"');
    expect(() => sequence([])).toThrow(RangeError);
    expect(() => sequence([1, -1])).toThrow("Expected `delays[1]` to be a duration");
    expect(() => custom(3 as unknown as Backoff)).toThrow("Expected `delay` to be a function");
  });

  test("a custom backoff that answers with nonsense throws", () => {
    expect(() =>
      at(
        custom(() => Number.NaN),
        1,
      ),
    ).toThrow("Expected a backoff to answer with a number of at least 0");
    expect(() =>
      at(
        custom(() => -1),
        1,
      ),
    ).toThrow(RangeError);
  });
});
