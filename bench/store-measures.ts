import { type StateStore, put } from "keelson/store";
import { type Measure, type Row, quantile } from "./harness.js";

/** A way to put a value under one of a few keys. */
export type Put = (index: number) => Promise<unknown>;

/** Puts a second with `inFlight` at a time. */
export function putsPerSecond(makePut: () => Promise<Put>, inFlight: number, count: number): Measure {
  let made: Promise<Put> | undefined;
  return async () => {
    const one = await (made ??= makePut());
    let next = 0;
    const started = performance.now();
    const client = async (): Promise<void> => {
      while (next < count) await one(next++);
    };
    await Promise.all(Array.from({ length: inFlight }, client));
    return (count * 1_000) / (performance.now() - started);
  };
}

/** Rows of how long a put, a get and the way to a watch take, in the middle and at the end of the scale. */
export function latencyRows(driver: string, open: () => Promise<StateStore>, value: Uint8Array): readonly Row[] {
  let opened: Promise<StateStore> | undefined;
  const store = (): Promise<StateStore> => (opened ??= open());
  const calls: Readonly<Record<string, () => Promise<() => Promise<number>>>> = {
    put: async () => {
      const opened = await store();
      return () => timed(() => put(opened, "/latency", value));
    },
    get: async () => {
      const opened = await store();
      return () => timed(() => opened.get("/latency"));
    },
    watch: async () => deliveries(await store(), value),
  };
  return Object.entries(calls).flatMap(([name, prepare]) =>
    [50, 99].map((percent) => ({
      id: `${driver}-${name}-p${percent}`,
      unit: "ms",
      measure: latency(prepare, percent / 100),
    })),
  );
}

/** Milliseconds of one call, at some share of the calls. */
function latency(prepare: () => Promise<() => Promise<number>>, share: number): Measure {
  let prepared: Promise<() => Promise<number>> | undefined;
  return async () => {
    const call = await (prepared ??= prepare());
    const times: number[] = [];
    for (let turn = 0; turn < 200; turn += 1) times.push(await call());
    return quantile(times, share);
  };
}

async function timed(call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await call();
  return performance.now() - started;
}

/** From when a put is called until a watch shows it. */
async function deliveries(store: StateStore, value: Uint8Array): Promise<() => Promise<number>> {
  const watch = store.watch({ key: "/watched" })[Symbol.asyncIterator]();
  await watch.next();
  return async () => {
    const started = performance.now();
    void put(store, "/watched", value);
    for (;;) {
      const next = await watch.next();
      if (next.done === true || next.value.type === "events") return performance.now() - started;
    }
  };
}
