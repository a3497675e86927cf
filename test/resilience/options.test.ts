import { expect, test } from "vitest";
import {
  adaptiveLimit,
  bulkhead,
  compose,
  hedge,
  rateLimit,
  retry,
  retryPolicy,
  standardPipeline,
} from "keelson/resilience";

type Loose = (...args: unknown[]) => unknown;
const fine = (): number => 1;

/** Typed for what type checkers would have found. */
const cases: readonly [string, Loose, readonly unknown[], string][] = [
  ["retry", retry as Loose, [5], "`fn` to be a function, got `5`"],
  ["retry", retry as Loose, [fine, 5], "`options` to be an object, got `5`"],
  ["retry", retry as Loose, [fine, { budget: 0.2 }], "`budget` to be a retry budget, got `0.2`"],
  ["retryPolicy", retryPolicy as Loose, [{ budget: {} }], "`budget` to be a retry budget, got an object"],
  ["hedge", hedge as Loose, [], "`options` to be an object, got `undefined`"],
  ["hedge", hedge as Loose, [{ after: 5, budget: 1 }], "`budget` to be a retry budget, got `1`"],
  ["bulkhead", bulkhead as Loose, [], "`options` to be an object, got `undefined`"],
  ["bulkhead", bulkhead as Loose, [{ max: 0 }], "`max` to be an integer of at least 1, got `0`"],
  ["rateLimit", rateLimit as Loose, [], "`options` to be an object, got `undefined`"],
  ["rateLimit", rateLimit as Loose, [{ rate: Infinity }], "`rate` to be a finite number above 0, got `Infinity`"],
  ["rateLimit", rateLimit as Loose, [{ rate: 1, per: 0 }], "`per` to be a finite number above 0, got `0`"],
  ["adaptiveLimit", adaptiveLimit as Loose, [{ algorithm: "aimd" }], '`algorithm` to be an object, got "aimd"'],
  ["adaptiveLimit", adaptiveLimit as Loose, [{ algorithm: {} }], "`algorithm.initial` to be a number of at least 1"],
  ["compose", compose as Loose, [], "`policies` to be at least one policy, got none"],
  ["compose", compose as Loose, [retryPolicy(), fine], "`policies[1].execute` to be a function, got `undefined`"],
  ["standardPipeline", standardPipeline as Loose, [{ attemptTimeout: "5x" }], "`attemptTimeout` to be a duration"],
  ["standardPipeline", standardPipeline as Loose, [{ totalTimeout: "5x" }], "`totalTimeout` to be a duration"],
  ["standardPipeline", standardPipeline as Loose, [{ retry: 3 }], "`retry` to be an object, got `3`"],
  ["standardPipeline", standardPipeline as Loose, [{ bulkhead: 5 }], "`bulkhead` to be an object, got `5`"],
];

test.each(cases)("%s names what it can't take: %#", async (_name, call, args, message) => {
  await expect(Promise.resolve(args).then((given) => call(...given))).rejects.toThrow(`Expected ${message}`);
});
