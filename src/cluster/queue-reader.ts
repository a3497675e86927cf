import { type Deferred, deferred } from "../core/deferred.js";
import { promiseSource } from "../core/promise-hub.js";
import type { Runtime } from "../core/runtime.js";
import { wait } from "../core/wait.js";
import type { KeyValue, Revision, StateStore } from "../store/index.js";

/** Who contends, as of one revision. */
export interface Contenders {
  readonly revision: Revision;
  /** Their keys, by when they were created. */
  readonly byAge: readonly KeyValue[];
}

/** One reading, for all who asked before it began. */
interface Reading extends Deferred<Contenders> {
  readonly stop: AbortController;
  waiting: number;
}

/** Where a queue is read. */
export interface QueueHome {
  readonly store: StateStore;
  readonly runtime: Runtime;
  /** The keys of all contenders begin with it. */
  readonly prefix: string;
}

/** The readings of one queue: one under way, and the next one, for all who ask meanwhile. */
class QueueReader {
  readonly home: QueueHome;
  #current: Reading | undefined = undefined;
  #next: Reading | undefined = undefined;

  constructor(home: QueueHome) {
    this.home = home;
  }

  /** Whether nothing is read, or to be read. */
  get isIdle(): boolean {
    return this.#current === undefined;
  }

  async read(signal: AbortSignal): Promise<Contenders> {
    const reading = (this.#next ??= { ...deferred<Contenders>(), stop: new AbortController(), waiting: 0 });
    reading.waiting += 1;
    if (this.isIdle) this.#begin();
    try {
      return await wait(this.home.runtime, "cluster.queue", promiseSource(reading.promise), { signal });
    } finally {
      reading.waiting -= 1;
      if (reading.waiting === 0) {
        if (this.#next === reading) this.#next = undefined;
        // Nobody waits for it any more, and nobody who comes is to.
        if (this.#current === reading) {
          reading.stop.abort();
          this.#begin();
        }
      }
    }
  }

  #begin(): void {
    const reading = (this.#current = this.#next);
    this.#next = undefined;
    if (reading === undefined) return;
    const over = (): void => {
      if (this.#current === reading) this.#begin();
    };
    void this.#load(reading).then(reading.resolve, reading.reject).then(over);
  }

  async #load({ stop: { signal } }: Reading): Promise<Contenders> {
    const { store, prefix } = this.home;
    const { revision, kvs } = await store.range({ prefix }, { keysOnly: true, signal });
    return { revision, byAge: [...kvs].sort((a, b) => a.createRevision - b.createRevision) };
  }
}

const readers = /* @__PURE__ */ new WeakMap<StateStore, readonly QueueReader[]>();

/**
 * Reads who contends, once for all of a process who ask at the same time: many who come together would otherwise each
 * read all the others.
 *
 * @internal
 */
export function readQueue(home: QueueHome, signal: AbortSignal): Promise<Contenders> {
  const { store, runtime, prefix } = home;
  const busy = (readers.get(store) ?? []).filter(({ isIdle }) => !isIdle);
  const known = busy.find((each) => each.home.runtime === runtime && each.home.prefix === prefix);
  const reader = known ?? new QueueReader(home);
  readers.set(store, known === undefined ? [...busy, reader] : busy);
  return reader.read(signal);
}
