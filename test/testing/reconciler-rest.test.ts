import { type Controller, type ControllerOptions, TerminalError, defineController } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import { defineKind } from "keelson/resources";
import { ReconcilerCheckError, type ReconcilerScenario, checkReconciler } from "keelson/testing";
import { describe, expect, test } from "vitest";
import { outcome } from "../support/outcome.js";

const Site = defineKind<object, { checks: number }>()("Site");
type Reconcile = ControllerOptions<object, { checks: number }>["reconcile"];

const scenario: ReconcilerScenario = {
  async run({ client }) {
    await client.create(Site, { metadata: { name: "a" }, spec: {} });
  },
};

function check(
  reconcile: Reconcile,
  options: Partial<ControllerOptions<object, { checks: number }>> = {},
  seeds = 6,
): Promise<unknown> {
  const controllers = (): readonly Controller[] => [defineController({ for: Site, reconcile, ...options })];
  return outcome(checkReconciler(controllers, scenario, { seeds }));
}

describe("does not come to rest:", () => {
  test("a key that fails and fails, with its last error and that as the cause", async () => {
    const boom = new Error("boom", { cause: "the disk" });
    const found = await check(() => {
      throw boom;
    });
    expect(found).toBeInstanceOf(ReconcilerCheckError);
    expect(found).toMatchObject({
      message: 'seed 1, fault {"kind":"none"}: site does not come to rest: default/a still fails with Error: boom',
      cause: boom,
    });
  });

  test("a clean-up that fails and fails", async () => {
    const controllers = () => [
      defineController({
        for: Site,
        reconcile: () => undefined,
        finalize: { name: "example.dev/dns", cleanup: () => Promise.reject<undefined>(new Error("stuck")) },
      }),
    ];
    const deleting: ReconcilerScenario = {
      async run(t) {
        const site = await t.client.create(Site, { metadata: { name: "a" }, spec: {} });
        await t.advance("1s");
        await t.client.delete(site);
      },
    };
    const found = await outcome(checkReconciler(controllers, deleting, { seeds: 1 }));
    expect(String(found)).toContain("site does not come to rest: default/a still fails with Error: stuck");
  });

  test("a reconcile that never ends", async () => {
    const found = await check(() => new Promise<undefined>(() => undefined));
    expect(String(found)).toContain("site does not come to rest: its reconcile of default/a does not end");
  });

  test("a reconcile that always takes longer than it may", async () => {
    const found = await check(() => currentRuntime().sleep(2_000), { timeout: "1s" });
    expect(String(found)).toMatch(/default\/a still fails with ReconcileTimeoutError: .* took longer than 1000 ms/);
  });

  test("a key that asks to be looked at again without a pause", async () => {
    const found = await check(() => ({ requeueAfter: 10 }));
    expect(String(found)).toMatch(
      /does not come to rest: default\/a ran \d+ times within 10000 ms, each run asking for the next/,
    );
  });
});

describe("is at rest:", () => {
  const pass = { crashPoints: { tried: 0, of: 0 }, runs: 12 };

  test("a key that was given up, until it changes", async () => {
    const found = await check(() => {
      throw new TerminalError("no such host");
    });
    expect(found).toMatchObject(pass);
  });

  test("a key that polls at its leisure, also when it is at work at the end", async () => {
    const slowly: Reconcile = async () => {
      await currentRuntime().sleep(1_500);
      return { requeueAfter: "1s" };
    };
    expect(await check(slowly)).toMatchObject(pass);
    expect(await check(() => ({ requeueAfter: "1s" }))).toMatchObject(pass);
  });

  test("a key that failed on the way", async () => {
    const failing: Reconcile = (_, { attempt }) => {
      if (attempt < 3) throw new Error("not yet");
    };
    expect(await check(failing)).toMatchObject(pass);
  });
});

test("says which objects were written after the final restart", async () => {
  const Log = defineKind<object>()("Log");
  const controllers = (writes: number) => () => [
    defineController({
      for: Site,
      reads: [Log],
      async reconcile(site, { client }) {
        for (let n = 0; n < writes; n += 1) {
          await client.create(Log, {
            metadata: { name: `${site.metadata.name}-${currentRuntime().now()}-${n}` },
            spec: {},
          });
        }
      },
    }),
  ];
  const verdict = async (writes: number): Promise<string> =>
    String(await outcome(checkReconciler(controllers(writes), scenario, { seeds: 1 })));
  const prefix = 'ReconcilerCheckError: seed 1, fault {"kind":"none"}: site wrote';
  const after = "though nothing had changed, after the final restart: Log default/a-";
  expect(await verdict(1)).toContain(`${prefix} once ${after}`);
  expect(await verdict(2)).toMatch(/site wrote 2 times .*: Log default\/a-\d+-0, Log default\/a-\d+-1$/);
  expect(await verdict(7)).toMatch(/site wrote 7 times .*-4, 2 more$/);
});

test("crashes after each write in turn, and says how many of them it tried", async () => {
  const controllers = () => [
    defineController({
      for: Site,
      async reconcile(site, { client }) {
        const checks = site.status?.checks ?? 0;
        if (checks < 7) await client.patchStatus(site, { checks: checks + 1 });
      },
    }),
  ];
  const tried = async (seeds: number) => (await checkReconciler(controllers, scenario, { seeds })).crashPoints;
  expect(await tried(1)).toEqual({ tried: 1, of: 7 });
  expect(await tried(5)).toEqual({ tried: 3, of: 7 });
  expect(await tried(13)).toEqual({ tried: 7, of: 7 });
  expect(await tried(30)).toEqual({ tried: 7, of: 7 });
});
