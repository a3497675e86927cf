import { expect, test } from "vitest";
import { systemRuntime } from "keelson/core";
import { virtualTime } from "keelson/testing";
import { YieldBudget } from "../../src/core/yield-budget.js";

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("after 256 operations the rest waits for a turn, in order", () => {
  let turn: (() => void) | undefined;
  const budget = new YieldBudget((fn) => (turn = fn));
  const log: number[] = [];
  const wake = (id: number): void => {
    budget.wake({ label: "t", settle: () => log.push(id) });
  };
  for (let id = 0; id < 260; id++) wake(id);
  expect(log).toHaveLength(256);
  turn?.();
  expect(log).toEqual(Array.from({ length: 260 }, (_, id) => id));
  turn = undefined;
  wake(260);
  expect([log.at(-1), turn]).toEqual([260, undefined]);
});

test("ready values count as well", async () => {
  let turn: (() => void) | undefined;
  const budget = new YieldBudget((fn) => (turn = fn));
  for (let count = 0; count < 256; count++) expect(await budget.ready(count)).toBe(count);
  let late: number | undefined;
  void budget.ready(7).then((value) => (late = value));
  await tick();
  expect(late).toBeUndefined();
  turn?.();
  await Promise.resolve();
  expect(late).toBe(7);
});

test.each([
  ["system", () => systemRuntime()],
  ["virtual", () => virtualTime()],
])("an endless chain of ready awaits keeps a 1 ms timer alive (%s)", async (_name, make) => {
  const made = make();
  const runtime = "runtime" in made ? made.runtime : made;
  const timer = { isOver: false };
  setTimeout(() => (timer.isOver = true), 1);
  while (!timer.isOver) await runtime.ready(undefined);
  if ("runtime" in made) made[Symbol.dispose]();
});
