import { describe, expect, test } from "vitest";
import { CompactedError, type KeyValue, type StateStore, type WatchBatch } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { storeConformance, virtualTime } from "keelson/testing";

/** Runs the suite, or one of its tests, against a store that is broken in one way; answers the tests that fail. */
async function failuresOf(
  break_: (store: StateStore) => Partial<StateStore>,
  only?: string,
  capabilities: Partial<StateStore["capabilities"]> = {},
): Promise<readonly string[]> {
  const tests: [name: string, body: () => Promise<void>][] = [];
  storeConformance({
    capabilities,
    test: (name, body) => tests.push([name, body]),
    open: () => {
      const store = memoryStore();
      const whole: StateStore = {
        capabilities: store.capabilities,
        events: store.events,
        get: (...args) => store.get(...args),
        range: (...args) => store.range(...args),
        txn: (...args) => store.txn(...args),
        watch: (...args) => store.watch(...args),
        grantLease: (...args) => store.grantLease(...args),
        compact: (...args) => store.compact(...args),
        health: () => store.health(),
        close: () => store.close(),
      };
      return { ...whole, ...break_(store) };
    },
  });
  const failures: string[] = [];
  for (const [name, body] of tests.filter(([name]) => only === undefined || name === only)) {
    using _time = virtualTime({ autoAdvance: true });
    await body().catch(() => failures.push(name));
  }
  return failures;
}

/** A watch seen through a generator over its batches. */
function rewatched(
  store: StateStore,
  rewrite: (batches: AsyncIterable<WatchBatch>) => AsyncIterable<WatchBatch>,
): Partial<StateStore> {
  return { watch: (range, options) => rewrite(store.watch(range, options)) };
}

const without = (kv: KeyValue, name: keyof KeyValue): KeyValue =>
  Object.fromEntries(Object.entries(kv).filter(([key]) => key !== name)) as unknown as KeyValue;

/** Ways to be broken, each with a test that must notice. */
const broken: Readonly<Record<string, [break_: (store: StateStore) => Partial<StateStore>, noticedBy: string]>> = {
  "loses every seventh event": [
    (store) => {
      let events = 0;
      return rewatched(store, async function* (batches) {
        for await (const batch of batches) {
          if (batch.type === "progress" || ++events % 7 !== 0) yield batch;
        }
      });
    },
    "watches: a watch resumed anywhere sees the same rest",
  ],
  "delivers batches twice": [
    (store) =>
      rewatched(store, async function* (batches) {
        for await (const batch of batches) {
          yield batch;
          if (batch.type === "events") yield batch;
        }
      }),
    "watches: every guarantee holds while several clients write, seed 1",
  ],
  "splits revisions": [
    (store) =>
      rewatched(store, async function* (batches) {
        for await (const batch of batches) {
          if (batch.type === "progress") yield batch;
          else for (const event of batch.events) yield { ...batch, events: [event] };
        }
      }),
    "watches: a revision comes whole, in one batch",
  ],
  "swaps neighbouring batches": [
    (store) =>
      rewatched(store, async function* (batches) {
        let held: WatchBatch | undefined;
        for await (const batch of batches) {
          if (held !== undefined) yield* [batch, held];
          if (held !== undefined || batch.type === "progress") {
            if (held === undefined) yield batch;
            held = undefined;
          } else {
            held = batch;
          }
        }
      }),
    "watches: every guarantee holds while several clients write, seed 2",
  ],
  "reports progress too early": [
    (store) =>
      rewatched(store, async function* (batches) {
        for await (const batch of batches)
          yield { ...batch, revision: batch.revision + (batch.type === "events" ? 0 : 2) };
      }),
    "watches: a watch that resumes after progress misses nothing",
  ],
  "starts watching at the first batch taken": [
    (store) => ({
      watch: (range, options) => ({ [Symbol.asyncIterator]: () => lazily(() => store.watch(range, options)) }),
    }),
    "watches: it is registered at the call",
  ],
  "ignores where to start": [
    (store) => ({
      watch: (range, { from: _from, ...options } = {}) => store.watch(range, options),
    }),
    "watches: from a revision on, it included",
  ],
  "forgets previous states": [
    (store) => ({ watch: (range, options) => store.watch(range, { ...options, prevKv: false }) }),
    "watches: the previous state comes along when asked for",
  ],
  "watches more than the range": [
    (store) => ({ watch: (range, options) => store.watch("key" in range ? { prefix: range.key } : range, options) }),
    "watches: one key",
  ],
  "never says that a watch lags": [
    (store) => ({ watch: (range, options) => hoarded(store.watch(range, options)[Symbol.asyncIterator]()) }),
    "slow watches: more than 10,000 events that nobody takes end it, and say where to go on",
  ],
  "reads stale values": [
    (store) => {
      const cache = new Map<string, Awaited<ReturnType<StateStore["get"]>>>();
      return {
        get: async (key, options) => {
          const answer = cache.get(key) ?? (await store.get(key, options));
          cache.set(key, answer);
          return answer;
        },
      };
    },
    "capabilities: a read sees every write acknowledged before it",
  ],
  "answers reads from a replica that is behind": [
    (store) => {
      let behind = store.get("/conformance");
      return {
        get: async (key, options) => {
          if (options !== undefined && Object.keys(options).length > 0) return store.get(key, options);
          const earlier = behind;
          behind = store.get(key);
          return store.get(key, { revision: (await earlier).revision });
        },
      };
    },
    "concurrency: reads, writes, compares and swaps of a register are linearizable",
  ],
  "compares before it has the lock": [
    (store) => ({
      txn: async ({ if: conditions = [], then, else: otherwise = [] }, options) => {
        if (conditions.length === 0) return store.txn({ then }, options);
        const { succeeded } = await store.txn({ if: conditions, then: [] });
        await store.get("/conformance");
        return { ...(await store.txn({ then: succeeded ? then : otherwise }, options)), succeeded };
      },
    }),
    "concurrency: appends by compare and swap, and reads, are linearizable",
  ],
  "shows half of a transaction": [
    (store) => ({
      txn: async (txn, options) => {
        if (txn.if !== undefined) return store.txn(txn, options);
        const parts = [];
        for (const op of txn.then) parts.push(await store.txn({ then: [op] }, options));
        const { revision } = parts.at(-1) ?? (await store.get("/any"));
        return { succeeded: true, revision, results: parts.flatMap(({ results }) => results) };
      },
    }),
    "concurrency: what a transaction changes is never seen in part",
  ],
  "uses revisions twice": [
    (store) => ({ txn: async (txn, options) => ({ ...(await store.txn(txn, options)), revision: 2 }) }),
    "keys: each change adds one revision",
  ],
  "applies transactions in pieces": [
    (store) => ({
      txn: async (txn, options) => {
        if (txn.if !== undefined || txn.else !== undefined) return store.txn(txn, options);
        const parts = [];
        for (const op of txn.then) parts.push(await store.txn({ then: [op] }, options));
        const { revision } = parts.at(-1) ?? (await store.get("/any"));
        return { succeeded: true, revision, results: parts.flatMap(({ results }) => results) };
      },
    }),
    "transactions: all changes of a transaction share one revision",
  ],
  "ignores conditions": [
    (store) => ({ txn: ({ then }, options) => store.txn({ then }, options) }),
    "transactions: of many that create a key one succeeds",
  ],
  "retries what it should not": [
    (store) => ({
      txn: async (txn, options) => {
        await store.txn(txn, options);
        return store.txn(txn, options);
      },
    }),
    "keys: each put counts, and the creation stays",
  ],
  "applies what was aborted": [
    (store) => ({ txn: (txn) => store.txn(txn) }),
    "closing: an aborted signal applies nothing",
  ],
  "leaves the keys of a lease": [
    (store) => ({
      txn: (txn, options) => {
        const then = txn.then.map((op) => (op.type === "put" ? { type: op.type, key: op.key, value: op.value } : op));
        return store.txn({ ...txn, then }, options);
      },
    }),
    "leases: revoking it deletes its keys in one revision",
  ],
  "keeps leases for ever": [
    (store) => ({ grantLease: (_ttl, options) => store.grantLease(1e9, options) }),
    "leases: without being kept alive it expires, and takes its keys in one revision",
  ],
  "lets a lease go too early": [
    (store) => ({
      grantLease: async (ttl, options) => Object.assign(await store.grantLease(ttl / 4, options), { ttlMs: ttl }),
    }),
    "leases: keeping it alive prolongs it",
  ],
  "answers the present for the past": [
    (store) => ({ range: (range, { revision: _revision, ...options } = {}) => store.range(range, options) }),
    "history: a range is read as it was",
  ],
  "forgets to compact": [
    () => ({ compact: () => Promise.resolve() }),
    "compaction: reads at or below it are refused, and say from where on",
  ],
  "ignores limits": [
    (store) => ({ range: (range, { limit: _limit, ...options } = {}) => store.range(range, options) }),
    "ranges: a limit cuts the answer and says so",
  ],
  "counts the page only": [
    (store) => ({
      range: async (range, options) => {
        const answer = await store.range(range, options);
        return { ...answer, count: answer.kvs.length };
      },
    }),
    "ranges: countOnly gives no keys",
  ],
  "orders by UTF-16": [
    (store) => ({
      range: async (range, options) => {
        const answer = await store.range(range, options);
        const kvs = [...answer.kvs].sort((a, b) => (a.key < b.key ? -1 : 1));
        return { ...answer, kvs: options?.reverse === true ? kvs.reverse() : kvs };
      },
    }),
    "ranges: keys are ordered by their UTF-8 bytes",
  ],
  "shares what it stores": [
    (store) => {
      const values = new Map<string, Uint8Array>();
      return {
        get: async (key, options) => {
          const answer = await store.get(key, options);
          const { kv } = answer;
          if (kv === undefined || options?.revision !== undefined) return answer;
          const value = values.get(`${kv.key} ${kv.modRevision}`) ?? kv.value;
          values.set(`${kv.key} ${kv.modRevision}`, value);
          return { ...answer, kv: { ...kv, value } };
        },
      };
    },
    "keys: what was handed out may be changed",
  ],
  "hides a key's lease": [
    (store) => ({
      get: async (key, options) => {
        const { revision, kv } = await store.get(key, options);
        return kv === undefined ? { revision } : { revision, kv: without(kv, "leaseId") };
      },
    }),
    "leases: a key shows its lease",
  ],
  "stays open": [() => ({ close: () => Promise.resolve() }), "closing: a closed store refuses everything"],
  "declares what it is not": [
    (store) => ({ capabilities: { ...store.capabilities, durable: true } }),
    "capabilities: they are what was declared",
  ],
};

function lazily(open: () => AsyncIterable<WatchBatch>): AsyncIterator<WatchBatch> {
  let inner: AsyncIterator<WatchBatch> | undefined;
  return {
    next: () => (inner ??= open()[Symbol.asyncIterator]()).next(),
    return: async () => (await inner?.return?.()) ?? { done: true, value: undefined },
  };
}

/** Takes everything at once and keeps it until it is asked for. */
function hoarded(source: AsyncIterator<WatchBatch>): AsyncIterable<WatchBatch> {
  const taken: Promise<IteratorResult<WatchBatch>>[] = [];
  const take = (): Promise<IteratorResult<WatchBatch>> => {
    const next = source.next();
    taken.push(next);
    next.then(({ done }) => (done === true ? undefined : take())).catch(() => undefined);
    return next;
  };
  void take();
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => taken.shift() ?? source.next(),
      return: async () => (await source.return?.()) ?? { done: true, value: undefined },
    }),
  };
}

describe("the suite notices a store that", () => {
  for (const [fault, [break_, noticedBy]] of Object.entries(broken)) {
    test(fault, async () => {
      expect(await failuresOf(break_, noticedBy)).toEqual([noticedBy]);
    });
  }

  test("nothing, where nothing is broken", async () => {
    expect(await failuresOf(() => ({}))).toEqual([]);
  });
});

describe("what a store does not declare", () => {
  const names = (
    capabilities: Partial<StateStore["capabilities"]>,
    skip: readonly string[] = [],
  ): readonly string[] => {
    const registered: string[] = [];
    const test = (name: string): number => registered.push(name);
    storeConformance({ test, open: () => memoryStore(), capabilities, skip: [{ reason: "why", tests: skip }] });
    return registered;
  };

  test("is asserted to be refused instead", () => {
    const poor = names({ leases: false, historyReads: false });
    const run = poor.filter((name) => !name.includes("(skipped: "));
    expect(run.filter((name) => name.startsWith("leases:"))).toEqual([
      "leases: grants are refused",
      "leases: puts on a lease are refused, and not made without one",
    ]);
    expect(run.filter((name) => name.startsWith("history:"))).toEqual(["history: reads of the past are refused"]);
  });

  test("is told apart from a watch that leaves things out: one that can't resume says so", async () => {
    const capabilities = { gapFreeWatch: false };
    const resuming =
      (past: (revision: number) => void) =>
      (store: StateStore): Partial<StateStore> => ({
        capabilities: { ...store.capabilities, ...capabilities },
        watch: (range, { from = Infinity, ...options } = {}) => {
          const batches = store.watch(range, options);
          return (async function* () {
            for await (const batch of batches) {
              if (batch.type === "progress" && from <= batch.revision) past(batch.revision);
              yield batch;
            }
          })();
        },
      });
    const compacted = resuming((revision) => {
      throw new CompactedError(revision);
    });
    const group = "watches that do not resume";
    const refused = `${group}: from a revision that has been, it ends with \`CompactedError\``;
    const kept = `${group}: from the revision after what was read, nothing is missed`;
    expect(await failuresOf(compacted, refused, capabilities)).toEqual([]);
    expect(await failuresOf(compacted, kept, capabilities)).toEqual([]);
    const silent = resuming(() => undefined);
    expect(await failuresOf(silent, refused, capabilities)).toEqual([refused]);
  });

  test("is listed with what is lacking", () => {
    const isSkipped = /^watches: \d+ cases \(skipped: it declares no `gapFreeWatch`\)$/;
    const registered = names({ gapFreeWatch: false });
    expect(registered.filter((name) => isSkipped.test(name))).toHaveLength(4);
    expect(registered).toContain("watches: it is registered at the call");
    expect(registered.filter((name) => name.startsWith("watches that do not resume:"))).toHaveLength(2);
    expect(names({}).filter((name) => name.startsWith("watches that do not resume:"))).toEqual([]);
    expect(names({})).toContainEqual(
      expect.stringMatching(/^lost connections: \d+ cases \(skipped: no `openBehindProxy` was given\)$/),
    );
  });

  test("may be skipped by name or group, with a reason, but not by a name that is none", () => {
    const registered = names({}, ["keys: a put is read back", "leases"]);
    expect(registered).toContain("keys: a put is read back (skipped: why)");
    expect(registered.filter((name) => name.startsWith("leases:") && !name.endsWith("(skipped: why)"))).toEqual([]);
    expect(() => names({}, ["keys: no such test"])).toThrow("Expected `skip` to name tests of the suite");
  });
});
