import { expect, test } from "vitest";
import { spawn } from "keelson/tasks";
import { DelayQueue, interval, sleepUntil, timeout, timeoutAt, timer } from "keelson/time";

const nothing = undefined as never;
const calls: readonly [what: string, call: () => unknown, message: string][] = [
  ["timeout without an operation", () => timeout(5, nothing), "Expected `operation` to be a function"],
  ["timeoutAt no instant", () => timeoutAt(Number.NaN, () => 1), "Expected `instant` to be a number"],
  ["sleepUntil no instant", () => sleepUntil(Number.NaN), "Expected `instant` to be a number"],
  [
    "a timer reset to no instant",
    () => {
      timer(5).resetAt(Number.NaN);
    },
    "Expected `instant` to be a number",
  ],
  [
    "an interval reset to no instant",
    () => {
      interval(5).resetAt(Number.NaN);
    },
    "Expected `instant` to be a number",
  ],
  ["a delay to no instant", () => new DelayQueue().insertAt(1, Number.NaN), "Expected `instant` to be a number"],
  [
    "a delay reset to no instant",
    () => {
      const queue = new DelayQueue<number>();
      queue.resetAt(queue.insert(1, 5), Number.NaN);
    },
    "Expected `instant` to be a number",
  ],
  ["a delay of no key", () => new DelayQueue().has(nothing), "Expected `key` to be an object, got `undefined`"],
  ["spawn of nothing", () => spawn(nothing), "Expected `run` to be a function, got `undefined`"],
];

test.each(calls)("%s is refused by name", async (_, call, message) => {
  const calling = (async () => {
    await call();
  })();
  await expect(calling).rejects.toThrow(message);
});
