import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ExploreOptions, type Fault, type Simulation, exploreFaults, simTest, simulate } from "keelson/simulation";
import { currentRuntime } from "keelson/core";
import { outcome } from "../support/outcome.js";

const hosts = ["a", "b", "c", "d"];
const plans = { hosts, horizon: "10s", kinds: ["crash"], max: 12 } as const;
const options = { fc, plans, runs: 1_000, duration: "20s" } as const;

/** Fails once that many hosts have crashed. */
function brittle(crashes: number): (sim: Simulation) => void {
  return (sim) => {
    const crashed = new Set<string>();
    for (const name of hosts) {
      sim.host(name, ({ boot }) => {
        if (boot > 1) crashed.add(name);
      });
    }
    sim.always("few have crashed", () => crashed.size < crashes);
  };
}

function planIn(message: string): readonly Fault[] {
  return JSON.parse(/KEELSON_SIM_FAULTS='(.*?)'/.exec(message)?.[1] ?? "[]") as readonly Fault[];
}

/** What a search finds, and how many simulations it took. */
async function search(
  more: Partial<ExploreOptions>,
  crashes: number,
): Promise<{ readonly ran: number; readonly message: string; readonly plan: readonly Fault[] }> {
  let ran = 0;
  const body = (sim: Simulation): void => {
    ran += 1;
    brittle(crashes)(sim);
  };
  const message = String(await outcome(exploreFaults({ ...options, ...more }, body)));
  return { ran, message, plan: planIn(message) };
}

describe("a plan that fails is shrunk", () => {
  test.each([1, 2, 3, 4])("to the %i faults that it takes, each as small as can be", async (crashes) => {
    for (let searchSeed = 1; searchSeed <= 10; searchSeed += 1) {
      const { message, plan } = await search({ searchSeed }, crashes);
      expect(message).toContain(` to ${crashes}:\n`);
      expect(new Set(plan.map((fault) => (fault as { readonly host: string }).host)).size).toBe(crashes);
      expect(plan).toEqual(plan.map((fault) => ({ ...fault, at: 0, lasts: 1 })));
    }
  });

  test("in as many runs as it may take, and says so where they were too few", async () => {
    const untouched = await search({ shrinkRuns: 0 }, 3);
    const { message, ran, plan } = await search({ shrinkRuns: 7 }, 3);
    expect(message).toMatch(/faults, shrunk from \d+ to \d+, as far as `shrinkRuns` \(7\) let it:\n/);
    expect(ran).toBe(untouched.ran + 7);
    const enough = await search({}, 3);
    expect(enough.ran).toBeLessThan(untouched.ran + 100);
    expect(plan.length).toBeGreaterThan(enough.plan.length);
    const all = untouched.plan.length;
    expect(untouched.message).toContain(`shrunk from ${all} to ${all}, as far as \`shrinkRuns\` (0) let it:`);
  });

  test("within the time of a simTest: once that is over, it is told as far as it has come", async () => {
    let running: Promise<unknown> = Promise.resolve();
    const register = (_: string, start: () => Promise<void>): void => {
      running = outcome(start());
    };
    let runs = 0;
    // The find, no fault at all, one fault alone; what is tried then never ends.
    const body = async (sim: Simulation): Promise<void> => {
      sim.host("api", () => undefined);
      runs += 1;
      if (runs > 3) await currentRuntime().real(() => new Promise(() => undefined));
      if (runs !== 2) throw new Error("struck");
    };
    const ofOne = { hosts: ["api"], horizon: "10s", kinds: ["crash"] } as const;
    simTest("struck", { test: register, fc, plans: ofOne, timeoutMs: 2_000 }, body);
    const message = String(await running);
    expect(message).toMatch(/^SimulationError: the test failed: struck\n/);
    expect(message).toMatch(/faults, shrunk from \d+ to 1, as far as `timeoutMs` let it:\n {2}at .* crash api/);
    expect(message).toMatch(/replay: KEELSON_SIM_SEED=\d+ KEELSON_SIM_FAULTS='\[\{"kind":"crash"/);
  });

  test("only if it was drawn: a search replays one run, with the plan it is given, and no more", async () => {
    const { message, plan } = await search({}, 2);
    const { seed } = (await outcome(exploreFaults(options, brittle(2)))) as { readonly seed: number };
    process.env["KEELSON_SIM_SEED"] = String(seed);
    process.env["KEELSON_SIM_FAULTS"] = JSON.stringify(plan);
    try {
      const again = await search({}, 2);
      expect(again.ran).toBe(1);
      expect(again.message).toBe(message.replace(/, shrunk from \d+ to 2:/, ":"));
      expect(await exploreFaults(options, brittle(3))).toMatchObject({ runs: 1 });
      delete process.env["KEELSON_SIM_SEED"];
      const given = await search({}, 2);
      expect(given.ran).toBe(1);
      expect(given.plan).toEqual(plan);
      expect(given.message).not.toContain("shrunk");
    } finally {
      delete process.env["KEELSON_SIM_SEED"];
      delete process.env["KEELSON_SIM_FAULTS"];
    }
    await expect(simulate({ seed, faults: plan, duration: "20s" }, brittle(2))).rejects.toThrow("few have crashed");
  });

  test("a budget that is none is refused", async () => {
    await expect(exploreFaults({ ...options, shrinkRuns: -1 }, brittle(1))).rejects.toThrow(
      "Expected `shrinkRuns` to be an integer of at least 0, got `-1`",
    );
  });
});
