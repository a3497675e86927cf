import { deferred } from "../core/deferred.js";
import { LinkedSignal } from "../core/linked-signal.js";
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
interface Reading {
  readonly done: ReturnType<typeof deferred<Contenders>>;
  readonly stop: LinkedSignal;
  waiting: number;
}

/** Reads who contends; of those of one process that ask while a reading is under way, the next one serves all. */
class QueueReader {
  readonly #store: StateStore;
  readonly #runtime: Runtime;
  readonly #prefix: string;
  readonly #idle: () => void;
  #current: Reading | undefined = undefined;
  #next: Reading | undefined = undefined;

  constructor(store: StateStore, runtime: Runtime, prefix: string, idle: () => void) {
    this.#store = store;
    this.#runtime = runtime;
    this.#prefix = prefix;
    this.#idle = idle;
  }

  /** What was so at some time after the call. */
  async read(signal: AbortSignal): Promise<Contenders> {
    const reading = (this.#next ??= { done: deferred<Contenders>(), stop: new LinkedSignal(), waiting: 0 });
    reading.waiting += 1;
    if (this.#current === undefined) this.#begin();
    try {
      return await wait(this.#runtime, "cluster.queue", promiseSource(reading.done.promise), { signal });
    } finally {
      reading.waiting -= 1;
      if (reading.waiting === 0) this.#abandon(reading);
    }
  }

  #begin(): void {
    const reading = this.#next;
    this.#current = reading;
    this.#next = undefined;
    if (reading === undefined) {
      this.#idle();
      return;
    }
    const { done, stop } = reading;
    this.#load(stop.signal)
      .then(done.resolve, done.reject)
      .finally(() => {
        if (this.#current === reading) this.#begin();
      });
  }

  async #load(signal: AbortSignal): Promise<Contenders> {
    const { revision, kvs } = await this.#store.range({ prefix: this.#prefix }, { keysOnly: true, signal });
    return { revision, byAge: [...kvs].sort((a, b) => a.createRevision - b.createRevision) };
  }

  /** Nobody waits for it any more: it is not made, or not waited for by those who come. */
  #abandon(reading: Reading): void {
    if (this.#next === reading) this.#next = undefined;
    if (this.#current !== reading) return;
    reading.stop.abort(new Error("nobody waits for the queue to be read"));
    this.#begin();
  }
}

const readers = /* @__PURE__ */ new WeakMap<StateStore, WeakMap<Runtime, Map<string, QueueReader>>>();

/**
 * Reads who contends below `prefix`, once for all who ask at the same time: many who come together would otherwise each
 * read all the others.
 *
 * @internal
 */
export function readQueue(
  store: StateStore,
  runtime: Runtime,
  prefix: string,
  signal: AbortSignal,
): Promise<Contenders> {
  const ofStore = entryOf(readers, store, () => new WeakMap<Runtime, Map<string, QueueReader>>());
  const byPrefix = entryOf(ofStore, runtime, () => new Map<string, QueueReader>());
  const forget = (): void => {
    byPrefix.delete(prefix);
  };
  return entryOf(byPrefix, prefix, () => new QueueReader(store, runtime, prefix, forget)).read(signal);
}

function entryOf<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
