import { isKeelsonError } from "keelson/core";
import { type KeyValue, type StateStore, op, put, putIfAbsent, when } from "keelson/store";
import type { HistoryLog } from "./history-log.js";

/** One call: what the history says of it, and how it is made. */
interface Step {
  readonly input: unknown;
  readonly isRead: boolean;
  run(): Promise<unknown>;
}

/** A workload makes calls on one key at a time. */
export type Workload = (store: StateStore, key: string, next: () => number) => Step;

const decoder = new TextDecoder();
const shownIn = (kv: KeyValue | undefined): unknown => (kv === undefined ? null : JSON.parse(decoder.decode(kv.value)));

/** The workloads; `next` gives a number that nobody else has, and is a source of chance, too. */
export const workloads: Readonly<Record<string, Workload>> = {
  register: (store, key, next) => {
    const value = next();
    const read = async (): Promise<unknown> => shownIn((await store.get(key)).kv);
    switch (value % 3) {
      case 0:
        return { input: { op: "read", key }, isRead: true, run: read };
      case 1:
        return {
          input: { op: "write", key, value },
          isRead: false,
          run: async () => {
            await put(store, key, JSON.stringify(value));
            return true;
          },
        };
      default: {
        const expected = lastSeen.get(key) ?? null;
        const bytes = new TextEncoder().encode(JSON.stringify(expected));
        const condition = expected === null ? when(key).version("=", 0) : when(key).value("=", bytes);
        return {
          input: { op: "cas", key, expected, value },
          isRead: false,
          run: async () => (await store.txn({ if: [condition], then: [op.put(key, JSON.stringify(value))] })).succeeded,
        };
      }
    }
  },
  set: (store, key, next) => {
    const item = next();
    if (item % 2 === 0) {
      return {
        input: { op: "read", set: key },
        isRead: true,
        run: async () => (await store.range({ prefix: `${key}/` })).kvs.map(shownIn),
      };
    }
    return {
      input: { op: "add", set: key, item },
      isRead: false,
      run: async () => (await putIfAbsent(store, `${key}/${item}`, JSON.stringify(item))).created,
    };
  },
  append: (store, key, next) => {
    const item = next();
    const read = async (): Promise<[items: readonly number[], revision: number]> => {
      const { kv } = await store.get(key);
      return [(shownIn(kv) ?? []) as readonly number[], kv?.modRevision ?? 0];
    };
    if (item % 2 === 0) return { input: { op: "read", key }, isRead: true, run: async () => (await read())[0] };
    return {
      input: { op: "append", key, item },
      isRead: false,
      run: async () => {
        for (;;) {
          const [items, revision] = await read();
          const then = [op.put(key, JSON.stringify([...items, item]))];
          const { succeeded } = await store.txn({ if: [when(key).modRevision("=", revision)], then });
          if (succeeded) return true;
        }
      },
    };
  },
};

/** What this process has last read of a register: what a compare-and-swap may expect. */
const lastSeen = new Map<string, unknown>();

/** Makes one call and logs it; answers false when nobody can know what became of it. */
export async function makeCall(
  log: HistoryLog,
  workload: string,
  id: string,
  key: string,
  step: Step,
): Promise<boolean> {
  log.called(id, workload, step.input);
  try {
    const output = await step.run();
    log.returned(id, output);
    if (workload === "register" && step.isRead) lastSeen.set(key, output);
    return true;
  } catch (error) {
    // A read that failed says nothing; a read before a write may fail, too, and then nothing was written.
    const hadNoEffect = step.isRead || (isKeelsonError(error) && error.code !== "STORE_AMBIGUOUS");
    if (hadNoEffect) log.dropped(id);
    return hadNoEffect;
  }
}
