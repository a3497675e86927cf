/**
 * A counter that looks right and loses updates: found by recording what its clients saw and asking whether any order of
 * their calls explains it. All of it runs on a virtual clock, so that it takes no time and comes out the same each run.
 */
import { currentRuntime } from "keelson/core";
import { type StateStore, compareAndSwap, put } from "keelson/store";
import { memoryStore } from "keelson/store/memory";
import {
  type HistoryCall,
  type SequentialModel,
  checkLinearizable,
  recordStore,
  virtualTime,
  withFaults,
} from "keelson/testing";

type Increment = (store: StateStore) => Promise<number>;

const read = async (store: StateStore): Promise<{ value: number; revision: number }> => {
  const { kv } = await store.get("/count");
  return { value: kv === undefined ? 0 : Number(new TextDecoder().decode(kv.value)), revision: kv?.modRevision ?? 0 };
};

/** Reads, adds one, writes: whoever else read the same value adds the same one. */
const careless: Increment = async (store) => {
  const next = (await read(store)).value + 1;
  await put(store, "/count", String(next));
  return next;
};

/** Writes only where nobody has written since, else reads again. */
const careful: Increment = async (store) => {
  for (;;) {
    const { value, revision } = await read(store);
    const { swapped } = await compareAndSwap(store, "/count", revision, String(value + 1));
    if (swapped) return value + 1;
  }
};

/** A counter, as it would be if calls came one after the other. */
const counter: SequentialModel<"increment", number, number> = {
  initial: 0,
  key: String,
  step: (state, _input, output) => (output === undefined || output === state + 1 ? { state: state + 1 } : undefined),
};

async function history(increment: Increment): Promise<readonly HistoryCall<"increment", number>[]> {
  using time = virtualTime({ seed: 7 });
  const runtime = currentRuntime();
  const store = recordStore(withFaults(memoryStore(), [{ kind: "latency", delay: 10, chance: 0.5 }]));
  const clients = Array.from({ length: 3 }, async (_, client) => {
    const calls: HistoryCall<"increment", number>[] = [];
    for (let call = 0; call < 3; call += 1) {
      await runtime.sleep(20 * runtime.random());
      const calledAt = runtime.now();
      const output = await increment(store);
      calls.push({ client, input: "increment", output, calledAt, returnedAt: runtime.now() });
    }
    return calls;
  });
  await time.runUntilIdle();
  const calls = (await Promise.all(clients)).flat();
  console.log(
    `  ${calls.length} increments made ${store.callsOf("txn").length} writes; the last answered ${Math.max(...calls.map(({ output = 0 }) => output))}`,
  );
  return calls;
}

for (const [name, increment] of Object.entries({ careless, careful })) {
  console.log(`${name}:`);
  const { verdict } = checkLinearizable(await history(increment), counter);
  console.log(
    `  ${verdict === "ok" ? "some order of the calls explains every answer" : "no order of the calls explains these answers"}`,
  );
}
