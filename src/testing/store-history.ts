import { isKeelsonError } from "../core/index.js";
import { op, put, putIfAbsent, when } from "../store/index.js";
import { checkLinearizable } from "./linearizability-check.js";
import type { Item, ListInput, SetInput } from "./linearizability-collections.js";
import type { HistoryCall, SequentialModel } from "./linearizability-model.js";
import type { RegisterInput, RegisterValue } from "./linearizability-register.js";
import { that } from "./store-assert.js";
import { type StoreFixture, textOf } from "./store-fixture.js";
import { seeded } from "./store-random.js";

/** What clients have asked and heard, on a clock that counts calls and answers. */
class StoreHistory<I, O> {
  readonly calls: HistoryCall<I, O>[] = [];
  #tick = 0;

  /** Makes a call and notes it; answers false where nobody can know what became of it. */
  async call(client: number, input: I, isRead: boolean, run: () => Promise<O>): Promise<boolean> {
    const calledAt = (this.#tick += 1);
    try {
      const output = await run();
      this.calls.push({ client, input, output, calledAt, returnedAt: (this.#tick += 1) });
      return true;
    } catch (error) {
      if (isKeelsonError(error, "STORE_UNAVAILABLE") || isKeelsonError(error, "STORE_NOT_APPLIED")) return true;
      if (!isKeelsonError(error, "STORE_AMBIGUOUS")) throw error;
      if (!isRead) this.calls.push({ client, input, calledAt });
      return false;
    }
  }
}

/** One client of a workload: makes its next call, and answers whether what became of it is known. */
type Client<I, O> = (history: StoreHistory<I, O>, client: number) => Promise<boolean>;

const shownIn = (text: string | undefined): RegisterValue => (text === undefined ? null : Number(text));

/** Reads, writes, and compares and swaps one register. */
export function registerClient(f: StoreFixture, seed: number): Client<RegisterInput, RegisterValue | boolean> {
  const random = seeded(seed);
  const key = f.key("register");
  let next = 0;
  let seen: RegisterValue = null;
  return (history, client) => {
    const value = 1_000 * client + (next += 1);
    const kind = Math.floor(random() * 3);
    if (kind === 0) {
      return history.call(client, { op: "read", key }, true, async () => (seen = shownIn(await f.text("register"))));
    }
    if (kind === 1) {
      return history.call(client, { op: "write", key, value }, false, async () => {
        await put(f.store, key, String(value));
        return true;
      });
    }
    const expected = seen;
    const condition =
      expected === null ? when(key).version("=", 0) : when(key).value("=", new TextEncoder().encode(String(expected)));
    return history.call(client, { op: "cas", key, expected, value }, false, async () => {
      const { succeeded } = await f.store.txn({ if: [condition], then: [f.putOp("register", String(value))] });
      return succeeded;
    });
  };
}

/** Adds to a set of keys, and reads it whole. */
export function setClient(f: StoreFixture, seed: number): Client<SetInput, boolean | readonly Item[]> {
  const random = seeded(seed);
  return (history, client) => {
    const item = Math.floor(random() * 20);
    if (item % 2 === 0) {
      return history.call(client, { op: "read", set: "set" }, true, async () => {
        const { kvs } = await f.store.range({ prefix: f.key("set/") });
        return kvs.map((kv) => Number(textOf(kv)));
      });
    }
    return history.call(client, { op: "add", set: "set", item }, false, async () => {
      const { created } = await putIfAbsent(f.store, f.key(`set/${item}`), String(item));
      return created;
    });
  };
}

/** Appends to a list by compare and swap, and reads it. */
export function listClient(f: StoreFixture, seed: number): Client<ListInput, true | readonly Item[]> {
  const random = seeded(seed);
  let next = 0;
  const read = async (): Promise<[items: readonly number[], revision: number]> => {
    const kv = await f.kv("list");
    return [kv === undefined ? [] : (JSON.parse(textOf(kv)) as number[]), kv?.modRevision ?? 0];
  };
  return (history, client) => {
    if (random() < 0.5) {
      return history.call(client, { op: "read", key: "list" }, true, async () => (await read())[0]);
    }
    const item = 1_000 * client + (next += 1);
    return history.call(client, { op: "append", key: "list", item }, false, async () => {
      for (;;) {
        const [items, revision] = await read();
        const condition = when(f.key("list")).modRevision("=", revision);
        const then = [op.put(f.key("list"), JSON.stringify([...items, item]))];
        if ((await f.store.txn({ if: [condition], then })).succeeded) return true;
      }
    });
  };
}

/**
 * Lets several clients make so many calls each, until they no longer know what became of one; fails unless an order
 * explains all.
 */
export async function playAndCheck<I, O, S>(
  model: SequentialModel<I, O, S>,
  clients: readonly Client<I, O>[],
  calls: number,
): Promise<void> {
  const history = new StoreHistory<I, O>();
  await Promise.all(
    clients.map(async (client, index) => {
      for (let made = 0; made < calls; made += 1) if (!(await client(history, index))) return;
    }),
  );
  const { verdict } = checkLinearizable(history.calls, model);
  that(verdict === "ok", `an order that explains the answers to ${history.calls.length} calls, got ${verdict}`);
}
