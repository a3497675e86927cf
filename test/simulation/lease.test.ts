import fc from "fast-check";
import { cpuUsage } from "node:process";
import { describe, expect, test } from "vitest";
import {
  type Fault,
  type HostContext,
  type Simulation,
  SimulationError,
  arbitraryFaults,
  endpoint,
  exploreFaults,
  remoteStore,
  simTest,
  simulate,
} from "keelson/simulation";
import { putIfAbsent } from "keelson/store";
import { sleep } from "keelson/time";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";

const write = endpoint<number, null>("write");

/** Leads while its lease holds: it asks whether it does, then acts. */
async function lead({ name, net }: HostContext): Promise<void> {
  const store = remoteStore(net, "store", { requestTimeout: "1s" });
  for (;;) {
    try {
      const lease = await store.grantLease(2_000);
      const { created, revision: token } = await putIfAbsent(store, "/leader", name, { lease: lease.id });
      while (created && !lease.signal.aborted) {
        await sleep(500);
        await net.request("db", write, token, { timeout: "1s" });
        await lease.keepAliveOnce();
      }
    } catch {
      // Asked again below; whoever does not lead must not write, which is what is tested.
    }
    await sleep(300);
  }
}

/** Two candidates, and a database that takes what a leader writes: from the newest only, if it is fenced. */
function cluster(isFenced: boolean): (sim: Simulation) => void {
  return (sim) => {
    let newest = 0;
    let isStale = false;
    let writes = 0;
    sim.store("store");
    sim.host("db", ({ net }) => {
      net.serve(write, (token) => {
        if (isFenced && token < newest) throw new Error("refused: there is a newer leader");
        isStale ||= token < newest;
        newest = Math.max(newest, token);
        writes += 1;
        return null;
      });
    });
    for (const name of ["a", "b"]) sim.host(name, lead);
    sim.always("only the newest leader writes", () => !isStale);
    sim.eventually("somebody writes", () => writes > 0);
  };
}

const duration = "15s";
const plans = { hosts: ["a", "b"], links: ["a", "b", "store"], horizon: "10s", max: 6 } as const;

describe("a leader by lease", () => {
  test("without fencing fails within fifty schedules, and shrinks to a pause and at most one more fault", async () => {
    const before = cpuUsage();
    const error = await outcome(exploreFaults({ fc, plans, runs: 50, duration }, cluster(false)));
    // Of the processor, in microseconds: about one second, however busy the machine is.
    expect(cpuUsage(before).user).toBeLessThan(5_000_000);
    expect(error).toBeInstanceOf(SimulationError);
    const message = String(error);
    expect(message).toContain('always "only the newest leader writes" was broken');
    const plan = JSON.parse(/KEELSON_SIM_FAULTS='(.*)'/.exec(message)?.[1] ?? "[]") as readonly Fault[];
    expect(plan.length).toBeLessThanOrEqual(2);
    expect(plan.map(({ kind }) => kind)).toContain("pause");
    expect(message).toMatch(/faults, shrunk from \d+ to [12]:/);

    const { seed } = error as { readonly seed: number };
    const replayed = await outcome(simulate({ seed, faults: plan, duration }, cluster(false)));
    expect(replayed).toMatchObject({ traceHash: (error as { readonly traceHash: string }).traceHash });
  });

  simTest("with fencing passes", { test, fc, plans, runs: runs(2_000), duration, timeoutMs: 600_000 }, cluster(true));
});

describe("exploring faults", () => {
  test("a failure without any fault says so", async () => {
    const error = await outcome(
      exploreFaults({ fc, plans, runs: 5 }, () => {
        throw new Error("always");
      }),
    );
    expect(String(error)).toMatch(/faults, shrunk from \d+ to 0:\n {2}none: it fails without/);
  });

  test("a test that is not determined by its seed is told apart", async () => {
    let calls = 0;
    const error = await outcome(
      exploreFaults({ fc, plans, runs: 1 }, (sim) => {
        for (const name of plans.links) sim.host(name, () => undefined);
        calls += 1;
        if (calls === 1) throw new Error("once");
      }),
    );
    expect(String(error)).toContain("something in the test is not determined by the seed");
  });

  test("plans are made of the kinds, hosts and times asked for", () => {
    const kinds = ["crash", "pause", "partition", "hold", "swizzle", "skew", "drift"] as const;
    // By its name in fast-check: a lint rule wants to see the class where one is expected.
    const drawn: unknown = arbitraryFaults(fc, {
      hosts: ["a"],
      links: ["a", "s"],
      horizon: "1s",
      longest: 300,
      kinds,
      max: 20,
    });
    const seen = new Set<string>();
    fc.assert(
      fc.property(drawn as fc.Arbitrary<readonly Fault[]>, (plan) => {
        for (const fault of plan) {
          seen.add(fault.kind);
          expect(fault.at).toBeLessThanOrEqual(1_000);
          if ("lasts" in fault) expect(fault.lasts).toBeLessThanOrEqual(300);
          if ("between" in fault) expect([...fault.between].sort()).toEqual(["a", "s"]);
          if ("host" in fault) expect(fault.host).toBe("a");
        }
      }),
    );
    expect([...seen].sort()).toEqual([...kinds].sort());
    expect(() => arbitraryFaults(fc, { hosts: ["a"], horizon: 1, kinds: ["partition"] })).toThrow("links.length");
    expect(() => arbitraryFaults(fc, { hosts: ["a"], horizon: 1, kinds: [] })).toThrow("kinds.length");
    expect(() => {
      simTest("x", { test, plans }, () => undefined);
    }).toThrow("Expected `fc` to be the module fast-check");
  });

  test("KEELSON_SIM_FAULTS replays a plan", async () => {
    const plan: readonly Fault[] = [{ kind: "crash", host: "api", at: 5, lasts: 5 }];
    process.env["KEELSON_SIM_FAULTS"] = JSON.stringify(plan);
    let boots = 0;
    try {
      await simulate({ seed: 1, duration: "1s" }, (sim) => {
        sim.host("api", ({ boot }) => {
          boots = boot;
        });
      });
      process.env["KEELSON_SIM_FAULTS"] = "crash";
      await expect(simulate({ seed: 1 }, () => undefined)).rejects.toThrow("to be a JSON array of faults");
    } finally {
      delete process.env["KEELSON_SIM_FAULTS"];
    }
    expect(boots).toBe(2);
  });
});
