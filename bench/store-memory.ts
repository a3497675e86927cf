import { type StateStore, op } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import { type Row, nsPerOp, opsPerCpuSecond } from "./harness.js";
import { latencyRows } from "./store-measures.js";

const value = new Uint8Array(1_024).fill(7);
const keys = 100;
/** Processor time of one measurement: long, since collecting garbage is a good part of it. */
const ms = 200;
const name = (index: number): string => `/bench/${index % keys}`;

/** The least that keeps what a store keeps: the latest values and a log of them, copied in and out. */
class Floor {
  readonly #latest = new Map<string, Uint8Array>();
  readonly #log: { readonly revision: number; readonly key: string; readonly value: Uint8Array }[] = [];

  // eslint-disable-next-line @typescript-eslint/require-await -- a store's calls are asynchronous
  async put(key: string, given: Uint8Array): Promise<number> {
    const copy = new Uint8Array(given);
    this.#latest.set(key, copy);
    return this.#log.push({ revision: this.#log.length + 1, key, value: copy });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a store's calls are asynchronous
  async get(key: string): Promise<Uint8Array | undefined> {
    const found = this.#latest.get(key);
    return found === undefined ? undefined : new Uint8Array(found);
  }
}

async function fill(put: (key: string) => Promise<unknown>): Promise<void> {
  for (let index = 0; index < keys; index += 1) await put(name(index));
}

function storePuts(store: StateStore): (n: number) => Promise<void> {
  return async (n) => {
    for (let index = 0; index < n; index += 1) await store.txn({ then: [op.put(name(index), value)] });
  };
}

/** The rows of the memory store. */
export function memoryRows(): readonly Row[] {
  const store = memoryStore({ retention: { revisions: 10_000 } });
  const read = memoryStore();
  const floor = new Floor();
  const filled = fill((key) => Promise.all([floor.put(key, value), read.txn({ then: [op.put(key, value)] })]));
  return [
    {
      id: "memory-put/floor",
      unit: "op/s",
      measure: opsPerCpuSecond(storePuts(store), ms),
      against: {
        id: "floor",
        measure: opsPerCpuSecond(async (n) => {
          const fresh = new Floor(); // it trims nothing, and is not to run out of memory
          for (let index = 0; index < n; index += 1) await fresh.put(name(index), value);
        }, ms),
      },
    },
    {
      id: "memory-get/floor",
      unit: "op/s",
      measure: opsPerCpuSecond(async (n) => {
        await filled;
        for (let index = 0; index < n; index += 1) await read.get(name(index));
      }, ms),
      against: {
        id: "floor",
        measure: opsPerCpuSecond(async (n) => {
          await filled;
          for (let index = 0; index < n; index += 1) await floor.get(name(index));
        }, ms),
      },
    },
    {
      id: "watch-10k-prefixes/one-watcher",
      unit: "ns/op",
      measure: nsPerOp(watchedPuts(10_000)),
      against: { id: "one watcher", measure: nsPerOp(watchedPuts(1)) },
    },
    { id: "history-bytes-per-revision", unit: "bytes", measure: bytesPerRevision, note: "without the value" },
    ...latencyRows("memory", () => Promise.resolve(memoryStore()), value),
  ];
}

/** Puts that one of many prefix watches sees, each taken before the next. */
function watchedPuts(watches: number): (n: number) => Promise<void> {
  const store = memoryStore({ retention: { revisions: 10_000 } });
  const opened = Array.from({ length: watches }, (_, index) =>
    store.watch({ prefix: `/p${index}/` })[Symbol.asyncIterator](),
  );
  const started = Promise.all(opened.map((watch) => watch.next()));
  return async (n) => {
    await started;
    const [watch] = opened;
    for (let index = 0; index < n; index += 1) {
      await store.txn({ then: [op.put("/p0/key", value)] });
      let next = await watch?.next();
      while (next?.done === false && next.value.type !== "events") next = await watch?.next();
    }
  };
}

/** What the history of a store takes for each revision, beside its value. */
async function bytesPerRevision(): Promise<number> {
  const revisions = 200_000;
  const store = memoryStore({ retention: { revisions: Number.POSITIVE_INFINITY, age: Number.POSITIVE_INFINITY } });
  const small = new Uint8Array(100);
  const used = (): number => {
    globalThis.gc?.();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const before = used();
  for (let index = 0; index < revisions; index += 1) await store.txn({ then: [op.put(name(index), small)] });
  const after = used();
  await store.close();
  return (after - before) / revisions - small.length;
}
