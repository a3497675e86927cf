import { mpsc } from "keelson/channels";
import { currentRuntime } from "keelson/core";
import { type KeyRange, type StateStore, type WatchBatch, wrapStore } from "keelson/store";

/** A store whose watches deliver everything late, in order. */
export function delayedStore(inner: StateStore, delayMs: () => number): StateStore {
  return wrapStore(inner, {
    watch: (range, options = {}) => late(inner.watch(range, options), delayMs, options.signal),
  });
}

/** A store of whose kinds one is watched late, in order. */
export function lateKind(inner: StateStore, kind: string, delayMs: () => number): StateStore {
  const late = delayedStore(inner, delayMs);
  const isOfKind = (range: KeyRange): boolean => "start" in range && range.start.includes(`/${kind}/`);
  return wrapStore(inner, {
    watch: (range, options) => (isOfKind(range) ? late : inner).watch(range, options),
  });
}

/** A store whose watches are late, and that does not report progress: its watches deliver events and nothing else. */
export function quietStore(inner: StateStore, delayMs: () => number): StateStore {
  const late = delayedStore(inner, delayMs);
  return wrapStore(late, {
    capabilities: { ...late.capabilities, progress: false },
    watch: (range, options) => eventsOf(late.watch(range, options)),
  });
}

async function* eventsOf(batches: AsyncIterable<WatchBatch>): AsyncGenerator<WatchBatch> {
  for await (const batch of batches) if (batch.type === "events") yield batch;
}

async function* late(
  batches: AsyncIterable<WatchBatch>,
  delayMs: () => number,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchBatch> {
  const runtime = currentRuntime();
  const [tx, rx] = mpsc.unbounded<{ readonly due: number; readonly batch: WatchBatch }>();
  const pump = async (): Promise<void> => {
    for await (const batch of batches) tx.send({ due: runtime.now() + delayMs(), batch });
  };
  const pumping = pump().finally(() => {
    tx[Symbol.dispose]();
  });
  pumping.catch(() => undefined);
  for await (const { due, batch } of rx) {
    if (due > runtime.now()) await runtime.sleep(due - runtime.now(), { signal });
    yield batch;
  }
  await pumping;
}
