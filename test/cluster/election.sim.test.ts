import { fc } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { type Term, createElection } from "keelson/cluster";
import { isKeelsonError } from "keelson/core";
import { type Fault, type SimulationOptions, applyFaults, remoteStore, simTest } from "keelson/simulation";
import type { Simulation } from "keelson/simulation";
import { type StateStore, op, put } from "keelson/store";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";
import { text } from "../support/store.js";

const hosts = ["a", "b", "c"] as const;
/** When the last fault may begin, and when all is to be well again. */
const lastFault = 10_000;
const end = 18_000;

const at = fc.integer({ min: 500, max: lastFault });
const lasts = fc.integer({ min: 100, max: 4_000 });
const host = fc.constantFrom(...hosts);
const anyHost = fc.constantFrom(...hosts, "store");

/** Everything that may happen to three contenders and their store. */
const plan: fc.Arbitrary<readonly Fault[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("pause"), host: anyHost, at, lasts }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("crash"), host: anyHost, at, lasts }) },
    fc.record({
      kind: fc.constant("partition"),
      between: fc.tuple(host, fc.constant("store")),
      oneWay: fc.boolean(),
      at,
      lasts,
    }),
    fc.record({
      kind: fc.constant("partition"),
      between: fc.tuple(fc.constant("store"), host),
      oneWay: fc.constant(true),
      at,
      lasts,
    }),
    fc.record({ kind: fc.constant("hold"), between: fc.tuple(host, fc.constant("store")), at, lasts }),
    fc.record({ kind: fc.constant("skew"), host, at, by: fc.constantFrom(-3_600_000, -5_000, 5_000, 3_600_000) }),
    fc.record({ kind: fc.constant("drift"), host, at, lasts, rate: fc.constantFrom(-0.1, 0.1) }),
  ),
  { minLength: 2, maxLength: 8 },
);

function planOf(seed: number): readonly Fault[] {
  return fc.sample(plan, { seed, numRuns: 1 })[0] ?? [];
}

/** What the leaders believed and did, in the world's own order. */
interface Log {
  /** Tokens of those who found that they hold the term. */
  readonly held: number[];
  /** Who led. */
  readonly terms: Term[];
}

/** Three hosts that contend, and lead by writing their token again and again: fenced, and with nothing but a look. */
function contenders(sim: Simulation): Log {
  const log: Log = { held: [], terms: [] };
  sim.store("store");
  for (const name of hosts) {
    sim.host(name, async ({ net, runtime }) => {
      const store = remoteStore(net, "store", { requestTimeout: "1s" });
      const election = createElection(store, { name: "x", identity: name, ttl: "2s", retry: 500 });
      await election.run(async (term) => {
        log.terms.push(term);
        while (term.isHeld()) {
          log.held.push(term.token);
          const token = String(term.token);
          await outcome(store.txn({ if: term.fence(), then: [op.put("/fenced", token)] }));
          if (term.isHeld()) await outcome(put(store, "/unfenced", token));
          await runtime.sleep(500 * runtime.random());
        }
      });
    });
  }
  return log;
}

/** Asks until there is an answer: messages get lost. */
async function answered<T>(ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isKeelsonError(error, "STORE_UNAVAILABLE")) throw error;
    }
  }
}

/** Each token that was written to a key, in order. */
async function written(store: StateStore, key: string): Promise<readonly number[]> {
  const { kv } = await answered(() => store.get(key));
  const tokens: number[] = [];
  if (kv === undefined) return tokens;
  for await (const batch of store.watch({ key }, { from: 1 })) {
    if (batch.type === "events") tokens.push(...batch.events.map((event) => Number(text(event.kv))));
    if (batch.revision >= kv.modRevision) break;
  }
  return tokens;
}

const isInOrder = (tokens: readonly number[]): boolean =>
  tokens.every((token, index) => token >= (tokens[index - 1] ?? 0));

const world: Omit<SimulationOptions, "seed"> = { net: { latency: { min: 1, max: 20 }, drop: 0.01 } };

simTest(
  "an election under crashes, pauses, partitions and clocks that are wrong",
  { ...world, test, runs: runs(2_000), timeoutMs: 600_000 },
  async (sim) => {
    const log = contenders(sim);
    applyFaults(sim, planOf(sim.seed));
    sim.always("who holds the term has the greatest token of all who did", () => isInOrder(log.held.slice(-2)));
    await sim.sleep(end);
    sim.heal();
    const store = remoteStore(sim.net, "store");
    const fenced = await written(store, "/fenced");
    expect(isInOrder(fenced)).toBe(true);
    expect(fenced.length).toBeGreaterThan(0);
    const terms = log.terms.length;
    expect(log.terms.at(-1)?.token).toBe(log.held.at(-1));
    sim.sometimes("another one was elected", terms > 1);
    sim.sometimes("and yet another", terms > 4);
    sim.sometimes("unfenced writes came out of order", !isInOrder(await written(store, "/unfenced")));
  },
);
