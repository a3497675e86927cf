import { expect, test } from "vitest";
import { parseRetryAfter } from "keelson/resilience";
import { eachInVirtualTime } from "./fixture.js";

eachInVirtualTime();

test.each([
  ["0", 0],
  [" 7 ", 7_000],
  ["Tue, 01 Jan 2030 00:01:00 GMT", 60_000],
  ["Mon, 31 Dec 2029 00:00:00 GMT", 0],
  ["-5", undefined],
  ["1.5", undefined],
  ["soon", undefined],
  ["", undefined],
  [undefined, undefined],
])("%o is %o", (header, expected) => {
  expect(parseRetryAfter(header)).toBe(expected);
});
