import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, afterAll, beforeAll, expect, test } from "vitest";
import { type Term, createElection } from "keelson/cluster";
import { op, put } from "keelson/store";
import type { StateStore } from "keelson/store";
import { type FaultProxy, faultProxy, recordStore } from "keelson/testing";
import { deferred } from "../../src/core/deferred.js";
import { outcome } from "../support/outcome.js";
import { etcdMissing, postgresMissing, startEtcd, startPostgres, unasked } from "../support/servers.js";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { text } from "../support/store.js";
import { describeUnless } from "../support/when.js";
import { sharedNow } from "../workloads/history-log.js";
import { openAt } from "../workloads/open-store.js";
import { ContenderProcess } from "./contender-process.js";

const ttlMs = 3_000;

/** Of leases in this process: a process that gets no time for a while is to have renewed them nonetheless. */
const longTtlMs = 6_000;

/** What a new leader may take: the rest of the old one's lease, a retry, the store's sweep and its poll. */
const takeOverMs = ttlMs + 2_400 + 500 + 250;

/** A store to hold elections on. */
interface Place {
  readonly url: string;
  stop(): Promise<void>;
}

/** One that is reached over a network. */
interface Server extends Place {
  /** `host:port` */
  readonly address: string;
  restart(): Promise<void>;
}

interface Kind<P extends Place> {
  readonly missing: string | undefined;
  readonly start: () => Promise<P>;
}

const file: Kind<Place> = {
  missing: unasked ?? sqliteMissing,
  start: () => {
    const folder = temporaryFolder();
    const stop = (): Promise<void> => {
      folder[Symbol.dispose]();
      return Promise.resolve();
    };
    return Promise.resolve({ url: `sqlite:${folder.file("state.db")}`, stop });
  },
};

const servers: Readonly<Record<string, Kind<Server>>> = {
  Postgres: {
    missing: postgresMissing(),
    start: async () => {
      const server = await startPostgres({ fsync: "off" });
      const restart = async (): Promise<void> => {
        await server.process.kill();
        await server.process.start();
      };
      return { url: server.url, address: `127.0.0.1:${server.port}`, restart, stop: () => server.stop() };
    },
  },
  etcd: {
    missing: etcdMissing(),
    start: async () => {
      const etcd = await startEtcd();
      const [member] = etcd.members;
      const restart = async (): Promise<void> => {
        await member?.kill();
        await member?.start();
      };
      return { url: etcd.url, address: etcd.endpoints[0] ?? "", restart, stop: () => etcd.stop() };
    },
  },
};

/** What is closed after each test, last first. */
const opened: (() => PromiseLike<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(url: string): Promise<StateStore> {
  const store = await openAt(url, "30s");
  opened.push(() => store.close());
  return store;
}

/** Two processes, of which the first one leads. */
async function contenders(url: string, ttl: number): Promise<[a: ContenderProcess, b: ContenderProcess]> {
  const name = newName();
  const a = new ContenderProcess(url, name, "a", ttl);
  opened.push(() => a.kill());
  await a.says("elected");
  const b = new ContenderProcess(url, name, "b", ttl);
  opened.push(() => b.kill());
  await b.says("ready");
  await queued(await open(url), name, 2);
  return [a, b];
}

/** Waits until so many contend. */
async function queued(store: StateStore, name: string, count: number): Promise<void> {
  const prefix = `/elections/${name}/`;
  while ((await store.range({ prefix }, { countOnly: true })).count !== count) await sleep(20);
}

/** A contender in this process: terms as they come, each of which goes on until it is over. */
function contend(
  store: StateStore,
  name: string,
  ttl: number = longTtlMs,
): { readonly terms: readonly Term[]; readonly first: Promise<Term> } {
  const terms: Term[] = [];
  const first = deferred<Term>();
  const stop = new AbortController();
  const running = outcome(
    createElection(store, { name, ttl }).run(
      async (term) => {
        terms.push(term);
        first.resolve(term);
        if (!term.signal.aborted)
          await new Promise((resolve) => {
            term.signal.addEventListener("abort", resolve);
          });
      },
      { signal: stop.signal },
    ),
  );
  opened.push(async () => {
    stop.abort(new Error("the test is over"));
    await running;
  });
  return { terms, first: first.promise };
}

const fencedWrite = async (store: StateStore, term: Term): Promise<boolean> =>
  (await store.txn({ if: term.fence(), then: [op.put("/by", String(term.token))] })).succeeded;

let names = 0;
const newName = (): string => `election-${(names += 1)}`;

for (const [kind, { missing, start }] of Object.entries<Kind<Place>>({ SQLite: file, ...servers })) {
  describeUnless(missing, `leases on ${kind}`, () => {
    let server: Place;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());

    describe("between processes", () => {
      test("kill -9 of the leader: another one leads in time", async () => {
        const [a, b] = await contenders(server.url, ttlMs);
        const killed = sharedNow();
        await a.kill();
        const elected = await b.says("elected");
        const took = elected.at - killed;
        console.log(`${kind}: a new leader ${Math.round(took)} ms after kill -9, ${takeOverMs} allowed`);
        expect(took).toBeLessThanOrEqual(takeOverMs);
        expect(elected.token).toBeGreaterThan((await a.says("elected")).token ?? 0);
      });

      test("a leader that was stopped for longer than its lease: the first question throws, the fenced write is refused, the unfenced one is not", async () => {
        const [a, b] = await contenders(server.url, 1.5 * longTtlMs);
        a.pause();
        const elected = await b.says("elected");
        const store = await open(server.url);
        await put(store, "/unfenced", String(elected.token));
        a.resume();
        expect(await a.says("deposed")).toMatchObject({ code: "LEASE_LOST" });
        expect(await a.says("wrote")).toMatchObject({ fenced: false, unfenced: true });
        const { kv } = await store.get("/unfenced");
        // The hazard: what the new leader wrote is gone.
        expect(Number(text(kv))).toBeLessThan(elected.token ?? 0);
      });

      test("resigning hands over within a second", async () => {
        const [a, b] = await contenders(server.url, 60_000); // so that it is not by its end that one leads
        a.resign();
        const took = (await b.says("elected")).at - (await a.says("resigning")).at;
        console.log(`${kind}: a new leader ${Math.round(took)} ms after a resignation`);
        expect(took).toBeLessThan(1_000);
      });
    });

    test("fifty contenders: each leads once, in order, and watches one key", async () => {
      const name = newName();
      const first = await open(server.url);
      const others = await Promise.all(Array.from({ length: 4 }, () => open(server.url)));
      const stores = [first, ...others].map((store) => recordStore(store));
      const tokens: number[] = [];
      let leading = 0;
      const runs = Array.from({ length: 50 }, (_, index) =>
        createElection(stores[index % 5] ?? first, { name, ttl: "30s" }).run(async (term) => {
          leading += 1;
          expect(leading).toBe(1);
          if (tokens.length === 0) await queued(first, name, 50);
          tokens.push(term.token);
          leading -= 1;
        }),
      );
      await Promise.all(runs);
      expect(tokens).toHaveLength(50);
      expect(tokens).toEqual([...tokens].sort((x, y) => x - y));
      const watches = stores.flatMap((store) => store.callsOf("watch"));
      expect(watches.length).toBeLessThanOrEqual(100);
      expect(watches.every(({ range }) => "key" in range)).toBe(true);
    });
  });
}

for (const [kind, { missing, start }] of Object.entries(servers)) {
  describeUnless(missing, `leases on ${kind}, which is reached over a network,`, () => {
    let server: Server;
    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.stop());

    describe("through a connection that fails", () => {
      const behindProxy = async (): Promise<{ readonly proxy: FaultProxy; readonly url: string }> => {
        const proxy = await faultProxy({ target: server.address });
        opened.push(() => proxy[Symbol.asyncDispose]());
        return { proxy, url: server.url.replace(server.address, `${proxy.host}:${proxy.port}`) };
      };

      for (const direction of [undefined, "fromTarget", "toTarget"] as const) {
        const title = `a blackhole ${direction ?? "both ways"}: the term is over before another begins`;
        test(title, async () => {
          const { proxy, url } = await behindProxy();
          const name = newName();
          const cut = contend(await open(url), name);
          const old = await cut.first;
          const near = await open(server.url);
          const other = contend(near, name);
          await queued(near, name, 2);
          proxy.blackhole(direction);
          const young = await other.first;
          expect([old.isHeld(), old.signal.aborted]).toEqual([false, true]);
          expect(young.token).toBeGreaterThan(old.token);
          proxy.heal();
          expect([await fencedWrite(near, old), await fencedWrite(near, young)]).toEqual([false, true]);
        });
      }

      test("renewals whose answers are lost, now and then, cost nobody the term", async () => {
        const { proxy, url } = await behindProxy();
        const contender = contend(await open(url), newName(), 1.5 * longTtlMs);
        const term = await contender.first;
        for (let round = 0; round < 3; round += 1) {
          await proxy.dropReply();
          await sleep(0.75 * longTtlMs);
        }
        expect([contender.terms.length, term.isHeld()]).toEqual([1, true]);
      });
    });

    test("a store that restarts keeps or ends the term, and fences it either way", async () => {
      const store = await open(server.url);
      const contender = contend(store, newName());
      const first = await contender.first;
      await server.restart();
      const latest = (): Term => contender.terms.at(-1) ?? first;
      while (!latest().isHeld() || (await outcome(fencedWrite(store, latest()))) !== true) await sleep(100);
      if (latest() !== first) expect(await fencedWrite(store, first)).toBe(false);
    });
  });
}
