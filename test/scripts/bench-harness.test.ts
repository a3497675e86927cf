import { expect, test } from "vitest";
import { measureRow, nsPerOp, quantile, type Measure } from "../../bench/harness.js";

function figures(...values: number[]): Measure {
  let next = 0;
  return () => values[next++] ?? NaN;
}

test("a row is the median of its rounds and of the rounds' ratios, without the warm-up", async () => {
  const measure = figures(1000, 10, 20, 30, 40, 50);
  const against = { id: "floor", measure: figures(1000, 10, 10, 10, 10, 10) };
  const result = await measureRow({ id: "send", unit: "ns/op", measure, against }, 5);
  expect(result).toEqual({ id: "send", unit: "ns/op", value: 30, spread: 1 / 3, ratio: 3, against: "floor" });
});

test("ours and theirs take turns in going first", async () => {
  const order: string[] = [];
  const note = (who: string): Measure => {
    return () => order.push(who);
  };
  await measureRow({ id: "x", unit: "", measure: note("we"), against: { id: "y", measure: note("they") } }, 2);
  expect(order.slice(2)).toEqual(["we", "they", "they", "we"]);
});

test("without a peer there is no ratio", async () => {
  expect(await measureRow({ id: "x", unit: "bytes", measure: () => 7 }, 5)).toEqual({
    id: "x",
    unit: "bytes",
    value: 7,
    spread: 0,
  });
});

test("the count of operations grows until all is warm, and is then what fills a round", async () => {
  let now = 0; // milliseconds of a clock that only work moves: a microsecond for each operation
  const counts: number[] = [];
  const work = (n: number): void => {
    counts.push(n);
    now += n / 1000;
  };
  const measure = nsPerOp(work, 2, () => now);
  expect(await measure()).toBeCloseTo(1000);
  expect(await measure()).toBeCloseTo(1000);
  const [second, first, warm, ...before] = counts.toReversed();
  expect([first, second]).toEqual([2000, 2000]);
  expect(warm).toBeGreaterThanOrEqual(8000);
  expect(before.every((n) => n < 8000)).toBe(true);
});

test("quantiles lie between ranks", () => {
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([1, 2, 3, 4, 5], 0.75)).toBe(4);
});
