import { memoryStore } from "../store/drivers/memory/index.js";
import type { StateStore, TxnResult } from "../store/index.js";
import { same } from "./store-assert.js";
import type { StoreCases } from "./store-case.js";
import type { AcknowledgedWrite } from "./store-change-log.js";
import { changeLog } from "./store-change-log.js";
import type { StoreFixture } from "./store-fixture.js";
import { StoreChance } from "./store-random.js";
import { type RecordedWatch, validateWatches } from "./watch-validators.js";

const seeds = [1, 2, 3] as const;

/** The same with every revision counted from `base`. */
function rebased(value: unknown, base: number): unknown {
  if (Array.isArray(value)) return value.map((part) => rebased(part, base));
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const entries = Object.entries(value).map(([name, part]: [string, unknown]) =>
    name.toLowerCase().endsWith("revision") && typeof part === "number" && part > 0
      ? [name, part - base]
      : [name, rebased(part, base)],
  );
  return Object.fromEntries(entries);
}

async function actsLike(f: StoreFixture, model: StateStore, seed: number): Promise<void> {
  const chance = new StoreChance(seed, f.prefix);
  const base = await f.revision();
  const modelBase = (await model.get(f.key("none"))).revision;
  const compared = (actual: unknown, expected: unknown, what: string): void => {
    same(rebased(actual, base), rebased(expected, modelBase), `${what} (seed ${seed})`);
  };
  let latest = 0;
  for (let step = 0; step < 150; step += 1) {
    // Conditions name revisions: both stores get the same dice, thrown at their own present.
    const dice = chance.below(2 ** 31);
    const [ours, theirs] = await Promise.all([
      f.store.txn(new StoreChance(dice, f.prefix).txn(base, base + latest)),
      model.txn(new StoreChance(dice, f.prefix).txn(modelBase, modelBase + latest)),
    ]);
    compared(ours, theirs, `transaction ${step}`);
    latest = theirs.revision - modelBase;
    const range = chance.range();
    const options = { limit: 1 + chance.below(4), reverse: chance.below(2) === 0 };
    compared(await f.store.range(range, options), await model.range(range, options), `range ${step}`);
    if (!f.store.capabilities.historyReads) continue;
    const back = chance.below(latest + 1);
    const read = { revision: base + back };
    compared(
      await f.store.range(range, read),
      await model.range(range, { revision: modelBase + back }),
      `range at ${back}`,
    );
  }
}

/** Random transactions, side by side with the memory store, which is the model. */
export const modelCases: StoreCases = {
  title: "model",
  needs: ["multiKeyTxn"],
  cases: Object.fromEntries(
    seeds.map((seed) => [
      `random transactions and reads answer like the memory store, seed ${seed}`,
      async (f: StoreFixture) => {
        const model = memoryStore();
        try {
          await actsLike(f, model, seed);
        } finally {
          await model.close();
        }
      },
    ]),
  ),
};

/** Takes batches up to `last`, starting anew from the next revision after every few. */
async function record(
  f: StoreFixture,
  watch: Omit<RecordedWatch, "batches">,
  last: () => number,
): Promise<RecordedWatch> {
  const probe = f.watch(watch.range, { from: watch.from, prevKv: watch.prevKv, progressMs: 100 });
  while ((probe.batches.at(-1)?.revision ?? 0) < last()) await probe.next(); // progress gets there, if nothing else
  await probe.stop();
  return { ...watch, batches: probe.batches };
}

async function watchUnderLoad(f: StoreFixture, seed: number): Promise<void> {
  const chance = new StoreChance(seed, f.prefix);
  const base = await f.revision();
  const writes: AcknowledgedWrite[] = [];
  let last = Number.POSITIVE_INFINITY;
  const writer = async (): Promise<void> => {
    for (let step = 0; step < 40; step += 1) {
      const ops = chance.ops();
      const { revision, results }: TxnResult = await f.store.txn({ then: ops });
      const isChange = results.some(
        (result) => result.type === "put" || (result.type === "delete" && result.deleted > 0),
      );
      if (isChange) writes.push({ revision, ops });
    }
  };
  const watching: Promise<RecordedWatch>[] = [];
  const watcher = async (): Promise<void> => {
    for (let step = 0; step < 20; step += 1) {
      const { revision } = await f.store.get(f.key("none"));
      const from = base + 1 + chance.below(revision - base + 1);
      watching.push(record(f, { range: chance.range(), from, prevKv: chance.below(2) === 0 }, () => last));
    }
  };
  await Promise.all([writer(), writer(), writer(), watcher()]);
  last = await f.put("end", "");
  writes.push({ revision: last, ops: [f.putOp("end", "")] });
  const watches = await Promise.all(watching);
  same(validateWatches({ log: changeLog(writes), watches }), {}, `the breaches (seed ${seed})`);
}

/** Watches from anywhere, while three writers write: all nine guarantees at once. */
export const watchLoadCases: StoreCases = {
  title: "watches",
  needs: ["gapFreeWatch", "progress", "multiKeyTxn"],
  cases: Object.fromEntries(
    seeds.map((seed) => [
      `every guarantee holds while several clients write, seed ${seed}`,
      (f: StoreFixture) => watchUnderLoad(f, seed),
    ]),
  ),
};
