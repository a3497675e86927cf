import { type Controller, type ReconcileContext, defineController, owns } from "keelson/controllers";
import { type Resource, type ResourceClient, createResourceClient, defineKind } from "keelson/resources";
import { ReconcilerCheckError, type ReconcilerScenario, checkReconciler } from "keelson/testing";
import { describe, expect, test } from "vitest";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";
import { type Bug, scenario, sites } from "./planted-bugs.js";

describe("a reconciler without a bug", () => {
  test("passes, whatever goes wrong", async () => {
    const seeds = runs(500);
    const report = await checkReconciler(() => sites(), scenario, { seeds });
    expect(report.runs).toBe(2 * seeds);
    for (const count of Object.values(report.faults)) expect(count).toBeGreaterThan(seeds / 8);
    expect(report.crashPoints.tried).toBeGreaterThan(report.crashPoints.of / 2);
  });
});

test("objects of a kind that no controller names do not escape the comparison", async () => {
  const Order = defineKind<{ item: string }>()("Order");
  const Receipt = defineKind<{ item: string }>()("Receipt");
  const orders = () => [
    defineController({
      for: Order,
      async reconcile({ metadata: { name }, spec }, { client }) {
        await client.apply(Receipt, { metadata: { name }, spec }, { manager: "orders" });
      },
    }),
  ];
  const run: ReconcilerScenario["run"] = async (t) => {
    await t.client.create(Order, { metadata: { name: "one" }, spec: { item: "tea" } });
  };
  const unnamed = await outcome(checkReconciler(orders, { run }, { seeds: 1 }));
  expect(String(unnamed)).toContain("expected `kinds` of the scenario, as no controller names Receipt");
  const { runs } = await checkReconciler(orders, { run, kinds: [Order, Receipt] }, { seeds: 4 });
  expect(runs).toBe(8);
});

describe("finds a reconciler that", () => {
  /** What the checker says, and at which fault it said so. */
  async function verdict(bug: Bug, firstSeed = 1): Promise<{ readonly fault: string; readonly message: string }> {
    let client: ResourceClient | undefined;
    const watched = {
      ...scenario,
      run: async (...[t, random]: Parameters<typeof scenario.run>) => {
        client = createResourceClient(t.store);
        await scenario.run(t, random);
      },
    };
    const controllers = () =>
      sites(bug, () => {
        if (client === undefined) throw new Error("not yet");
        return client;
      });
    const found = await outcome(checkReconciler(controllers, watched, { seeds: 100, firstSeed }));
    if (!(found instanceof ReconcilerCheckError)) throw new Error(`not found: ${bug}`, { cause: found });
    return { fault: found.fault.kind, message: found.message };
  }

  test("acts on a stale cache", async () => {
    const { fault, message } = await verdict("acts on a stale cache");
    expect(fault).toMatch(/stale|unobserved/);
    expect(message).toContain("pages");
  });

  test("forgets its owner's uid", async () => {
    expect((await verdict("forgets its owner's uid")).fault).toMatch(/recreate/);
  });

  test("writes the status every time", async () => {
    const { fault, message } = await verdict("writes the status every time");
    expect(fault).toBe("none");
    expect(message).toMatch(/wrote (?:once|\d+ times) though nothing had changed|more than 100 times at one instant/);
  });

  test("removes the finalizer before cleanup", async () => {
    const { fault, message } = await verdict("removes the finalizer before cleanup", 60);
    expect([fault, message]).toEqual(["crash", expect.stringContaining("record")]);
  });

  test("removes the finalizer before cleanup, with the seeds that are tried by default", async () => {
    const found = await outcome(checkReconciler(() => sites("removes the finalizer before cleanup"), scenario));
    expect(found).toMatchObject({ code: "RECONCILER_CHECK", fault: { kind: "crash" } });
  });
});

describe("with nothing said of what is to be the same", () => {
  const Team = defineKind<{ seats: number }, { seats: number }>()("Team");
  const Seat = defineKind<{ team: string; teamUid?: string }>()("Seat");
  type Reconcile = (team: Resource<{ seats: number }, { seats: number }>, context: ReconcileContext) => Promise<void>;
  const teams = (reconcile: Reconcile) => (): readonly Controller[] => [
    defineController({ for: Team, triggers: [owns(Seat)], reconcile }),
  ];
  const oneTeam: ReconcilerScenario = {
    async run({ client }) {
      await client.create(Team, { metadata: { name: "red" }, spec: { seats: 3 } });
    },
  };
  const seat = ({ metadata: { name } }: Resource, ordinal: number) => ({
    metadata: { name: `${name}-${ordinal}` },
    spec: { team: name },
  });

  test("what the guide shows passes: objects made for an owner that is gone unseen would never come to rest", async () => {
    const guides = teams(async (team, { client, owned }) => {
      const seats = owned(Seat);
      for (let ordinal = seats.length; ordinal < team.spec.seats; ordinal += 1) {
        await client.create(Seat, seat(team, ordinal), { owner: team });
      }
      await client.patchStatus(team, { seats: seats.length });
    });
    await expect(checkReconciler(guides, oneTeam)).resolves.toMatchObject({ runs: 120 });
  });

  test("`apply` with an owner passes, though it keeps the owner's uid in an annotation", async () => {
    const applying = teams(async (team, { client }) => {
      await client.apply(Seat, seat(team, 0), { manager: "teams", owner: team });
    });
    await expect(checkReconciler(applying, oneTeam)).resolves.toMatchObject({ runs: 120 });
  });

  /** Notes in each seat which team it is of, as `uidOf` has it. */
  const noting = (uidOf: (team: Resource) => string) =>
    teams(async (team, { client }) => {
      const draft = seat(team, 0);
      const spec = { ...draft.spec, teamUid: uidOf(team) };
      await client.apply(Seat, { ...draft, spec }, { manager: "teams", owner: team });
    });

  test("a uid stands for whose it is: the right one passes, that of an object that is gone does not", async () => {
    await expect(
      checkReconciler(
        noting(({ metadata }) => metadata.uid),
        oneTeam,
      ),
    ).resolves.toMatchObject({ runs: 120 });
    const first = new Map<number, string>();
    let run = 0;
    const scenario: ReconcilerScenario = {
      run(...args) {
        run += 1;
        return oneTeam.run(...args);
      },
    };
    const stale = noting(({ metadata }) => {
      if (!first.has(run)) first.set(run, metadata.uid);
      return first.get(run) ?? "";
    });
    const found = await outcome(checkReconciler(stale, scenario));
    expect(found).toMatchObject({ code: "RECONCILER_CHECK", fault: { kind: "recreate" } });
    expect(String(found)).toMatch(
      /\(-: without the fault, \+: with it\):\n- .*"teamUid":"\(Team default\/red\)"[^]*\+ .*"teamUid":"\(gone\)"/,
    );
  });
});
