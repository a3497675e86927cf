import { fc } from "@fast-check/vitest";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Lease, type StateStore, type Txn, type WatchEvent, compareKeys, inRange, op } from "keelson/store";
import { etcdStore } from "keelson/store/etcd";
import { memoryStore } from "keelson/store/memory";
import { type Command, type Resolve, anyCommand, plain } from "../store/store-commands.js";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";
import { etcdMissing, postgresMissing, startEtcd, startPostgres, unasked } from "../support/servers.js";
import { sqliteMissing, temporaryFolder } from "../support/sqlite.js";
import { describeUnless } from "../support/when.js";
import { openAt } from "../workloads/open-store.js";

const patience = 900_000;
const ttlMs = 600_000;
const everything = { prefix: "" };

/** A store, from the revision on at which the commands began. */
class Side {
  readonly store: StateStore;
  readonly base: number;
  readonly #leases: Lease[] = [];

  constructor(store: StateStore, base: number) {
    this.store = store;
    this.base = base;
  }

  /** Empties the store; the base is a revision that nothing has compacted. */
  static async begin(store: StateStore): Promise<Side> {
    await store.txn({ then: [op.put("a", "")] });
    const { revision } = await store.txn({ then: [op.delete(everything)] });
    return new Side(store, revision);
  }

  /** What a command answers, with revisions counted from the base and leases by number. */
  async answer(command: Command, now: number): Promise<unknown> {
    const answer = await outcome(this.#run(command, now));
    if (!(answer instanceof Error)) return this.shown(answer);
    const { name, code, compactRevision } = answer as Error & { code?: string; compactRevision?: number };
    return this.shown({ error: code ?? name, compactRevision });
  }

  shown(value: unknown): unknown {
    const ids = this.#leases.map(({ id }) => id);
    const show = (name: string, part: unknown): unknown => {
      if (typeof part === "number" && /revision$/i.test(name)) return part === 0 ? 0 : part - this.base;
      return name === "leaseId" ? ids.indexOf(part as string) : part;
    };
    return JSON.parse(JSON.stringify([plain([value])], show));
  }

  /** All changes of a range from a revision on, so many of them, by a watch that is stopped and resumed. */
  async changes({ range, stops }: Command & { type: "watch" }, from: number, count: number): Promise<unknown> {
    const seen: unknown[] = [];
    let next = this.base + from;
    while (seen.length < count) {
      let taken = 0;
      for await (const batch of this.store.watch(range, { from: next, prevKv: true })) {
        if (batch.type === "progress") continue;
        seen.push(this.shown(sorted(batch.events)));
        next = batch.revision + 1;
        if (seen.length === count || (stops > 0 && ++taken > stops)) break;
      }
    }
    return seen;
  }

  async end(): Promise<void> {
    for (const lease of this.#leases) await lease.revoke();
  }

  async #run(command: Command, now: number): Promise<unknown> {
    const { store, base } = this;
    const back = (ago: number): number => base + Math.max(0, now - ago);
    const at = (ago: number | undefined): object => (ago === undefined ? {} : { revision: back(ago) });
    switch (command.type) {
      case "txn":
        return store.txn(this.#resolved(command, base + now));
      case "range":
        return store.range(command.range, {
          limit: command.limit,
          reverse: command.reverse,
          ...at(command.ago),
        });
      case "get":
        return store.get(command.key, at(command.ago));
      case "compact":
        return store.compact(back(command.ago));
      case "grant":
        this.#leases.push(await store.grantLease(ttlMs));
        return undefined;
      case "revoke":
        return this.#leases[command.lease]?.revoke();
      case "keepAlive":
        return this.#leases[command.lease]?.keepAliveOnce();
      case "pass":
      case "watch":
        return undefined;
    }
  }

  #resolved(command: Command & { type: "txn" }, now: number): Txn {
    const ids = this.#leases.map(({ id }) => id);
    const all = <T>(parts: readonly Resolve<T>[]): T[] => parts.map((part) => part(now, ids, this.base));
    return { if: all(command.if), then: all(command.then), else: all(command.else) };
  }
}

/** Within a revision the order of keys is the store's. */
function sorted(events: readonly WatchEvent[]): readonly WatchEvent[] {
  return [...events].sort((a, b) => compareKeys(a.kv.key, b.kv.key));
}

interface Happened {
  readonly revision: number;
  readonly events: readonly WatchEvent[];
}

/** Everything that ever happens to the model, by revision. */
class Log {
  readonly batches: Happened[] = [];
  readonly #watch: AsyncIterator<unknown>;

  constructor(model: StateStore) {
    this.#watch = model.watch(everything, { prevKv: true })[Symbol.asyncIterator]();
  }

  async upTo(revision: number): Promise<void> {
    while ((this.batches.at(-1)?.revision ?? 0) < revision) {
      const { value } = (await this.#watch.next()) as { value: Happened & { readonly type: string } };
      this.batches.push(value.type === "events" ? value : { revision: value.revision, events: [] });
    }
  }
}

async function actsLikeMemory(store: StateStore, commands: readonly Command[]): Promise<void> {
  const model = memoryStore();
  const [ours, theirs] = [await Side.begin(store), await Side.begin(model)];
  const log = new Log(model);
  let compacted = 0;
  let now = 0;
  for (const [step, command] of commands.entries()) {
    if (command.type === "watch") {
      const from = Math.max(0, now - command.ago) + 1;
      if (from <= compacted) continue;
      await log.upTo(theirs.base + now);
      const expected = log.batches
        .filter(({ revision }) => revision >= theirs.base + from)
        .map(({ events }) => sorted(events.filter(({ kv }) => inRange(kv.key, command.range))))
        .filter((events) => events.length > 0)
        .map((events) => theirs.shown(events));
      expect([step, await ours.changes(command, from, expected.length)]).toEqual([step, expected]);
      continue;
    }
    const expected = await theirs.answer(command, now);
    expect([step, await ours.answer(command, now)]).toEqual([step, expected]);
    if (command.type === "compact") compacted = Math.max(compacted, now - command.ago);
    now = (await model.get("a")).revision - theirs.base;
  }
  expect(ours.shown(await store.range(everything))).toEqual(theirs.shown(await model.range(everything)));
  await ours.end();
  await model.close();
}

interface Place {
  readonly store: StateStore;
  stop(): Promise<void>;
}

const places: readonly [name: string, missing: string | undefined, open: () => Promise<Place>][] = [
  [
    "SQLite",
    unasked ?? sqliteMissing,
    async () => {
      const folder = temporaryFolder();
      const store = await openAt(`sqlite:${folder.file("state.db")}`, "60s");
      return {
        store,
        stop: () => {
          folder[Symbol.dispose]();
          return Promise.resolve();
        },
      };
    },
  ],
  [
    "Postgres",
    postgresMissing(),
    async () => {
      const server = await startPostgres({ fsync: "off" });
      return { store: await openAt(server.url, "60s"), stop: () => server.stop() };
    },
  ],
  [
    "etcd",
    etcdMissing(),
    async () => {
      const etcd = await startEtcd();
      return { store: await etcdStore({ url: etcd.url, compactEtcd: true, timeout: "60s" }), stop: () => etcd.stop() };
    },
  ],
];

describe("random commands are answered as by the memory store", () => {
  for (const [name, missing, open] of places) {
    describeUnless(missing, `on ${name}`, () => {
      let place: Place;
      beforeAll(async () => {
        place = await open();
      }, patience);
      afterAll(async () => {
        await place.store.close();
        await place.stop();
      });

      test("command by command", { timeout: patience }, async () => {
        const commands = fc.array(anyCommand, { minLength: 1, maxLength: 80, size: "max" });
        const property = fc.asyncProperty(commands, (each) => actsLikeMemory(place.store, each));
        await fc.assert(property, { numRuns: runs(200) });
      });
    });
  }
});
