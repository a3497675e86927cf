import { ObjectEvent } from "../controllers/index.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime } from "../core/index.js";
import { ConflictError, type ResourceKey, describe } from "../resources/index.js";
import {
  CompactedError,
  type KeyRange,
  type Op,
  type StateStore,
  StoreUnavailableError,
  type Txn,
  type WatchBatch,
  type WatchOptions,
  wrapStore,
} from "../store/index.js";
import { type WatchLag, lateWatch } from "./watch-lag.js";

/** Virtual time stops at every report of progress: each second of ten minutes would be slow, and tell nobody anything. */
const progressMs = 60_000;

/** A crash that is planned: after so many more writes. */
interface PlannedCrash {
  left: number;
  readonly every: number | undefined;
  readonly crash: () => void;
}

/** The store as one controller sees it over its lives: the same data, with what a test plans to go wrong. */
export class ControllerStore {
  readonly lag: WatchLag = { delayMs: 0, frozenUntil: 0 };
  /** Which object each of its writes so far was of. */
  readonly written: string[] = [];
  readonly #inner: StateStore;
  readonly #runtime: Runtime;
  readonly #watches = new Set<LinkedSignal>();
  #conflicts = 0;
  #unreachableUntil = 0;
  /** The revision up to which history is gone for this controller's watches. */
  #forgotten = 0;
  #planned: PlannedCrash | undefined = undefined;

  constructor(inner: StateStore, runtime: Runtime) {
    this.#inner = inner;
    this.#runtime = runtime;
  }

  /** Writes of objects so far. */
  get writes(): number {
    return this.written.length;
  }

  /** Refuses the next `count` writes of existing objects with a ConflictError. */
  conflictNext(count: number): void {
    this.#conflicts += count;
  }

  /** Calls `crash` after so many writes from now, and then after every so many again, if asked to. */
  crashAfterWrite(count: number, crash: () => void, every?: number): void {
    this.#planned = { left: count, every, crash };
  }

  /** Delivers nothing more for so long, then everything at once. */
  freezeWatches(ms: number): void {
    this.lag.frozenUntil = this.#runtime.now() + ms;
  }

  /** Cuts the watches; they cannot come back before `ms` have passed, and history is gone by then. */
  async dropWatches(ms: number): Promise<void> {
    this.#unreachableUntil = this.#runtime.now() + ms;
    for (const watch of this.#watches) watch.abort(new StoreUnavailableError(cut));
    await this.#runtime.sleep(ms);
    this.#forgotten = (await this.#inner.get("/")).revision;
  }

  /** Nothing more goes wrong. */
  clearFaults(): void {
    this.#conflicts = 0;
    this.#planned = undefined;
    this.lag.delayMs = 0;
    this.lag.frozenUntil = 0;
  }

  /** The store for one life: once `isOver` says so, nothing comes back any more. */
  life(isOver: () => boolean): StateStore {
    const inner = this.#inner;
    const answer = async <T>(call: () => Promise<T>): Promise<T> => {
      if (isOver()) return await never();
      const value = await call();
      return isOver() ? await never() : value;
    };
    return wrapStore(inner, {
      get: (key, options) => answer(() => inner.get(key, options)),
      range: (range, options) => answer(() => inner.range(range, options)),
      txn: (txn, options) =>
        answer(async () => {
          this.#refusePlanned(txn);
          const result = await inner.txn(txn, options);
          if (result.succeeded && isWrite(txn) && !isEvent(txn)) this.#wrote(txn);
          return result;
        }),
      watch: (range, options = {}) => this.#watch(range, options),
      grantLease: (ttlMs, options) => answer(() => inner.grantLease(ttlMs, options)),
      // It is the harness's, which closes it.
      close: () => Promise.resolve(),
    });
  }

  #wrote({ then }: Txn): void {
    const [key = ""] = then.flatMap(writtenBy);
    const { kind, ...object } = objectOf(key);
    this.written.push(describe(kind, object));
    const planned = this.#planned;
    if (planned === undefined) return;
    planned.left -= 1;
    if (planned.left > 0) return;
    if (planned.every === undefined) this.#planned = undefined;
    else planned.left = planned.every;
    planned.crash();
  }

  #refusePlanned(txn: Txn): void {
    if (this.#conflicts === 0) return;
    const own = txn.if?.find((compare) => compare.target === "modRevision" && compare.value > 0);
    if (own === undefined || !isWrite(txn)) return;
    this.#conflicts -= 1;
    const { kind, ...object } = objectOf(own.key);
    throw new ConflictError(kind, object, "was changed, as planned");
  }

  #watch(range: KeyRange, { signal, ...options }: WatchOptions): AsyncIterable<WatchBatch> {
    const link = new LinkedSignal(signal);
    // At the call, as the store promises, not when it is first asked for a batch.
    const batches = this.#inner.watch(range, { ...options, progressMs, signal: link.signal });
    return this.#delivered(batches, options.from, link);
  }

  async *#delivered(
    batches: AsyncIterable<WatchBatch>,
    from: number | undefined,
    link: LinkedSignal,
  ): AsyncGenerator<WatchBatch> {
    this.#watches.add(link);
    try {
      if (this.#runtime.now() < this.#unreachableUntil) throw new StoreUnavailableError(cut);
      if (from !== undefined && from <= this.#forgotten) throw new CompactedError(this.#forgotten);
      yield* lateWatch(this.#runtime, batches, this.lag, link.signal);
    } finally {
      this.#watches.delete(link);
      link.abort(new Error("left"));
      link[Symbol.dispose]();
    }
  }
}

const cut = "the watch was cut, as planned";

function isWrite({ then }: Txn): boolean {
  return then.some(({ type }) => type !== "range");
}

/** What a key of the store stands for. */
function objectOf(storeKey: string): ResourceKey & { readonly kind: string } {
  const [kind = "", namespace = "", name = ""] = storeKey.split("/").slice(-3);
  return namespace === "_" ? { kind, name } : { kind, namespace, name };
}

function writtenBy(op: Op): readonly string[] {
  if (op.type === "put") return [op.key];
  return op.type === "delete" && "key" in op.range ? [op.range.key] : [];
}

/** Whether it records what happened, for people: that is no part of what a controller brings about. */
function isEvent({ then }: Txn): boolean {
  return then.every((op) => op.type === "put" && op.key.includes(`/${ObjectEvent.name}/`));
}

function never(): Promise<never> {
  return new Promise(() => undefined);
}
