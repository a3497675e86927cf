import { expect, test } from "vitest";
import { virtualTime } from "keelson/testing";
import {
  checkLinearizable,
  checkReconciler,
  createHarness,
  faultProxy,
  mockStore,
  registerModel,
  storeConformance,
  workloadRuntimeConformance,
} from "keelson/testing";

const wrong: object = { seads: 1 };
const tests: readonly [what: string, call: () => unknown][] = [
  ["virtualTime", () => virtualTime(wrong)],
  ["mockStore", () => mockStore(wrong)],
  ["capabilities of mockStore", () => mockStore({ capabilities: wrong })],
  [
    "storeConformance",
    () => {
      storeConformance({ ...wrong } as never);
    },
  ],
  [
    "capabilities of storeConformance",
    () => {
      storeConformance({ capabilities: wrong } as never);
    },
  ],
  [
    "workloadRuntimeConformance",
    () => {
      workloadRuntimeConformance({ ...wrong } as never);
    },
  ],
  ["checkLinearizable", () => checkLinearizable([], registerModel, wrong)],
  ["createHarness", () => createHarness({ controllers: [], ...wrong })],
  ["checkReconciler", () => checkReconciler(() => [], { run: () => Promise.resolve() }, wrong)],
  ["the scenario of checkReconciler", () => checkReconciler(() => [], { run: () => Promise.resolve(), ...wrong })],
  ["faultProxy", () => faultProxy({ target: "localhost:1", ...wrong })],
];

test.each(tests)("%s refuses an option that is misspelt", async (_, call) => {
  const calling = (async () => {
    await call();
  })();
  await expect(calling).rejects.toThrow(/^Expected `\w+` to have nothing but .*, got "seads"$/);
});
