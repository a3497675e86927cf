import { type Election, type Term, createElection } from "keelson/cluster";
import { type Manager, NotLeaderError, createManager } from "keelson/controllers";
import {
  Deployment,
  Instance,
  type WorkloadFunction,
  createAgent,
  inProcessRuntime,
  referenceControllers,
} from "keelson/reconcilers";
import { type ResourceClient, createResourceClient, waitFor } from "keelson/resources";
import { type StateStore, op, wrapStore } from "keelson/store";
import { expect, test } from "vitest";
import { deferred } from "../../src/core/deferred.js";
import { etcdMissing, postgresMissing, startEtcd, startPostgres } from "../support/servers.js";
import { describeUnless } from "../support/when.js";
import { openAt } from "../workloads/open-store.js";

const patience = 600_000;
const name = "control-plane";

const places = [
  ["Postgres", postgresMissing(), () => startPostgres({ fsync: "off" })],
  ["etcd", etcdMissing(), () => startEtcd({ members: 1 })],
] as const;

/** A control plane on a connection of its own: a manager, and a new one after each that leads no more. */
class Seat {
  readonly #store: StateStore;
  readonly #identity: string;
  #election: Election;
  #manager: Manager;

  constructor(store: StateStore, identity: string) {
    this.#store = store;
    this.#identity = identity;
    [this.#election, this.#manager] = this.#make();
  }

  get leads(): boolean {
    return this.#manager.leads;
  }

  get term(): Term | undefined {
    return this.#election.term;
  }

  /** Resolves with its next term, once what runs on the leader works. */
  async leading(): Promise<Term> {
    await new Promise<void>((resolve) => this.#manager.events.once("leading", resolve));
    if (this.term === undefined) throw new Error(`${this.#identity} leads without a term`);
    return this.term;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#manager.run(signal).catch((error: unknown) => {
        if (!(error instanceof NotLeaderError)) throw error;
      });
      [this.#election, this.#manager] = this.#make();
    }
  }

  #make(): [Election, Manager] {
    const election = createElection(this.#store, { name, identity: this.#identity, ttl: "30s" });
    const controllers = referenceControllers();
    return [election, createManager({ store: this.#store, controllers, leaderElection: election })];
  }
}

/** What becomes of all instances, as somebody sees it who has no part in it. */
class Ledger {
  readonly created: string[] = [];
  readonly removed: string[] = [];

  readonly #client: ResourceClient;
  #changed = deferred<undefined>();

  constructor(client: ResourceClient) {
    this.#client = client;
  }

  /** Waits until there are so many. */
  async there(count: number): Promise<void> {
    while (this.created.length - this.removed.length !== count) await this.#changed.promise;
  }

  async run(signal: AbortSignal): Promise<void> {
    const keep = async (): Promise<void> => {
      for await (const event of this.#client.watch(Instance, { signal })) {
        if (event.type === "added") this.created.push(event.resource.metadata.uid);
        if (event.type === "deleted") this.removed.push(event.resource.metadata.uid);
        this.#changed.resolve(undefined);
        this.#changed = deferred();
      }
    };
    await keep().catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }
}

/** Waits until so many contend, so that there is somebody to hand over to. */
async function contending(store: StateStore, count: number): Promise<void> {
  const prefix = `/elections/${name}/`;
  for (;;) {
    const { count: there, revision } = await store.range({ prefix }, { countOnly: true });
    if (there === count) return;
    const changes = store.watch({ prefix }, { from: revision + 1 })[Symbol.asyncIterator]();
    await changes.next();
    await changes.return?.();
  }
}

/** Says more often how far it is: a new leader waits until its caches have seen what was written before it led. */
function quick(store: StateStore): StateStore {
  return wrapStore(store, { watch: (range, options) => store.watch(range, { ...options, progressMs: 100 }) });
}

function isSteady({ metadata, spec, status }: Deployment): boolean {
  const isSeen = status?.observedGeneration === metadata.generation;
  return isSeen && status.replicas === spec.replicas && status.availableReplicas === spec.replicas;
}

/** A write that only the leader of that term may make. */
async function fencedWrite(store: StateStore, term: Term): Promise<boolean> {
  return (await store.txn({ if: term.fence(), then: [op.put("/by", String(term.token))] })).succeeded;
}

for (const [kind, missing, start] of places) {
  describeUnless(missing, `two control planes on ${kind}`, () => {
    test(
      "a hundred hand-overs in a row amid scaling: one leads, with a larger token, and no instance is doubled or lost",
      { timeout: patience },
      async () => {
        await using server = await start();
        const open = () => openAt(server.url, "60s");
        const [store, ...theirs] = await Promise.all([open(), open(), open()]);
        const client = createResourceClient(store);
        const [a, b] = [new Seat(quick(theirs[0]), "a"), new Seat(quick(theirs[1]), "b")];
        const stop = new AbortController();
        const ledger = new Ledger(client);
        const started: string[] = [];
        const serve: WorkloadFunction = async ({ env, signal }) => {
          started.push(env["KEELSON_INSTANCE"] ?? "");
          await new Promise((resolve) => {
            signal.addEventListener("abort", resolve);
          });
        };
        const workloads = inProcessRuntime({ functions: { serve } });
        const agent = createAgent({ store, node: "alpha", capacity: { cpu: 1_000 }, workloads });
        const running = Promise.all([a, b, agent, ledger].map((each) => each.run(stop.signal)));

        let wanted = 3;
        const web = await client.create(Deployment, {
          metadata: { name: "web" },
          spec: { replicas: wanted, template: { labels: { app: "web" }, spec: { command: ["serve"] } } },
        });
        const steady = async (): Promise<readonly string[]> => {
          await waitFor(client, Deployment, "web", isSteady, { timeout: "120s" });
          // Those that are still ending count no more, but they are there.
          await ledger.there(wanted);
          const { items } = await client.list(Instance);
          expect(items).toHaveLength(wanted);
          return items.map(({ metadata }) => metadata.uid);
        };
        let before = await steady();
        let tokens = 0;
        for (let handOver = 1; handOver <= 100; handOver += 1) {
          await contending(store, 2);
          const [old, young] = a.leads ? [a, b] : [b, a];
          const { term } = old;
          if (term === undefined) throw new Error("nobody leads");
          expect(term.token).toBeGreaterThan(tokens);
          tokens = term.token;
          // Ten steps up, ten steps down: amid the hand-over the last one is still being carried out.
          const isGrowing = Math.ceil(handOver / 10) % 2 === 1;
          wanted += isGrowing ? 2 : -2;
          await client.update(web, ({ spec }) => void (spec.replicas = wanted));
          const leading = young.leading();
          await term.resign();
          const next = await leading;
          expect([a.leads, b.leads].filter(Boolean)).toHaveLength(1);
          expect(next.token).toBeGreaterThan(term.token);
          expect([await fencedWrite(store, term), await fencedWrite(store, next)]).toEqual([false, true]);
          if (handOver % 10 !== 0) continue;
          const after = await steady();
          const [fewer, more] = isGrowing ? [before, after] : [after, before];
          expect(more).toEqual(expect.arrayContaining([...fewer]));
          before = after;
        }

        // Five times twenty more, and none beside them: each was made once, and started once.
        expect([ledger.created.length, ledger.removed.length]).toEqual([103, 100]);
        expect(started.length).toBe(ledger.created.length);
        stop.abort();
        await running;
        for (const each of [store, ...theirs]) await each.close();
      },
    );
  });
}
