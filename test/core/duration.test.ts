import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type Duration, toMs } from "keelson/core";

test.each<[Duration, number]>([
  [0, 0],
  [2.5, 2.5],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ["250ms", 250],
  ["15s", 15_000],
  ["1.5m", 90_000],
  ["2h", 7_200_000],
  ["1d", 86_400_000],
])("%s is %d ms", (duration, ms) => {
  expect(toMs(duration)).toBe(ms);
});

test.each([-1, Number.NaN, "", "5", "s", "1w", "-1s", " 1s", "1 s", "1e3ms", "Infinityms", null, undefined, {}])(
  "%s is refused",
  (nonsense) => {
    expect(() => toMs(nonsense as Duration, "ttl")).toThrow(TypeError);
    expect(() => toMs(nonsense as Duration, "ttl")).toThrow("`ttl`");
  },
);

property.prop([fc.nat(1e6), fc.constantFrom("ms", "s", "m", "h", "d")])("units only scale", (count, unit) => {
  expect(toMs(`${count}${unit as "s"}`)).toBe(count * toMs(`1${unit as "s"}`));
});
