import { retryBudget } from "keelson/resilience";
import { expect, test } from "vitest";
import { runs } from "../support/deep.js";
import { playStorm } from "../../examples/retry-storm/storm.js";

test("storm law: a shared budget of 20 % keeps the load of a backend that is down within 1.25 times", async () => {
  const { amplification } = await playStorm(() => retryBudget.ratio({ ratio: 0.2, reserve: 0 }));
  expect(amplification).toBeLessThanOrEqual(1.25);
  expect(amplification).toBeGreaterThan(1.1); // retries do happen
});

test("storm law: without a budget the same clients make it more than 3 times", async () => {
  const { amplification, wanted, offered } = await playStorm(undefined, runs(200));
  expect(amplification).toBeGreaterThan(3);
  expect(offered.at(-1)).toBe(wanted.at(-1)); // and it is over when the backend is back
});
