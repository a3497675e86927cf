import { type Runtime, currentRuntime } from "../core/index.js";
import {
  type KeyRange,
  type KeyValue,
  type Lease,
  type Op,
  type Revision,
  type StateStore,
  type TxnResult,
  type WatchBatch,
  type WatchEvent,
  type WatchOptions,
  op,
} from "../store/index.js";
import { isKeelsonError } from "../core/index.js";
import type { FaultProxy } from "./fault-proxy.js";

const decoder = /* @__PURE__ */ new TextDecoder();

/** Longer than any answer should take, on any machine; virtual clocks get there at once. */
const patienceMs = 60_000;
/** The least that every store grants. */
const leastTtlMs = 2_000;
/** Longer than any case takes. */
const longTtlMs = 600_000;

/** A store that is reached through a proxy. */
export interface StoreBehindProxy {
  /** The store. */
  readonly store: StateStore;
  /** The proxy before its server; before one member, where it has several. */
  readonly proxy: FaultProxy;
}

/** A store for one case, and short ways to use it. Keys are written without the case's own prefix. */
export class StoreFixture {
  readonly store: StateStore;
  readonly prefix: string;
  readonly all: KeyRange;
  readonly runtime: Runtime = currentRuntime();
  readonly #leases: Lease[] = [];
  readonly #open: () => Promise<StateStore>;
  readonly #openBehindProxy: () => Promise<StoreBehindProxy>;

  constructor(
    store: StateStore,
    prefix: string,
    open: () => Promise<StateStore>,
    openBehindProxy: () => Promise<StoreBehindProxy>,
  ) {
    this.store = store;
    this.prefix = prefix;
    this.all = { prefix };
    this.#open = open;
    this.#openBehindProxy = openBehindProxy;
  }

  /** Closes the store, and opens another one on what it has left. */
  async reopened(): Promise<StoreFixture> {
    await this.store.close();
    return new StoreFixture(await this.#open(), this.prefix, this.#open, this.#openBehindProxy);
  }

  /** Another client of the same data, through a proxy. */
  async behindProxy(): Promise<{ readonly far: StoreFixture; readonly proxy: FaultProxy }> {
    const { store, proxy } = await this.#openBehindProxy();
    const far = new StoreFixture(store, this.prefix, this.#open, this.#openBehindProxy);
    await far.revision(); // it is connected
    return { far, proxy };
  }

  key(name: string): string {
    return this.prefix + name;
  }

  name({ key }: { readonly key: string }): string {
    return key.slice(this.prefix.length);
  }

  putOp(name: string, value: Uint8Array | string, lease?: string): Op {
    return op.put(this.key(name), value, lease === undefined ? {} : { lease });
  }

  deleteOp(name: string): Op {
    return op.delete(this.key(name));
  }

  run(...ops: readonly Op[]): Promise<TxnResult> {
    return this.store.txn({ then: ops });
  }

  async put(name: string, value: Uint8Array | string, lease?: string): Promise<Revision> {
    return (await this.run(this.putOp(name, value, lease))).revision;
  }

  async delete(name: string): Promise<Revision> {
    return (await this.run(this.deleteOp(name))).revision;
  }

  async kv(name: string, revision?: Revision): Promise<KeyValue | undefined> {
    return (await this.store.get(this.key(name), revision === undefined ? {} : { revision })).kv;
  }

  async text(name: string, revision?: Revision): Promise<string | undefined> {
    const kv = await this.kv(name, revision);
    return kv === undefined ? undefined : textOf(kv);
  }

  async revision(): Promise<Revision> {
    return (await this.store.get(this.key("revision"))).revision;
  }

  /** Every key of the case with its value, as `name=value`. */
  async state(revision?: Revision): Promise<readonly string[]> {
    const { kvs } = await this.store.range(this.all, revision === undefined ? {} : { revision });
    return kvs.map((kv) => `${this.name(kv)}=${textOf(kv)}`);
  }

  /** A lease that outlasts the case, which gives it back. */
  async lease(): Promise<Lease> {
    const lease = await this.store.grantLease(longTtlMs);
    this.#leases.push(lease);
    return lease;
  }

  /** A lease that is to expire, with keys on it whose value is 1: as short as the store's pace allows. */
  async leased(
    names: readonly string[],
    leastMs: number = leastTtlMs,
  ): Promise<{ readonly lease: Lease; readonly revision: Revision }> {
    for (let ttlMs = leastMs; ; ttlMs *= 2) {
      const lease = await this.store.grantLease(ttlMs);
      try {
        const { revision } = await this.run(...names.map((name) => this.putOp(name, "1", lease.id)));
        return { lease, revision };
      } catch (error) {
        const isOver = this.runtime.now() >= lease.deadline();
        if (!isOver || !isKeelsonError(error, "STORE_LEASE_NOT_FOUND")) throw error;
      }
    }
  }

  /** Gives back what would go on after the case, and change the store then. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#leases.map((lease) => lease.revoke()));
  }

  /** What to call in a loop that waits for something: it fails once the loop has taken for ever. */
  patience(what: string): () => void {
    const started = this.runtime.now();
    return () => {
      if (this.runtime.now() - started > patienceMs) throw new Error(`Expected ${what} within ${patienceMs} ms`);
    };
  }

  /** Whatever `promise` gives, unless it takes for ever. */
  async within<T>(promise: Promise<T>, what: string, ms: number = patienceMs): Promise<T> {
    let timer: Disposable | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = this.runtime.timer(ms, () => {
        reject(new Error(`Expected ${what} within ${ms} ms`));
      });
    });
    try {
      return await Promise.race([promise, late]);
    } finally {
      timer?.[Symbol.dispose]();
    }
  }

  watch(range: KeyRange = this.all, options: WatchOptions = {}): WatchProbe {
    return new WatchProbe(this, range, options);
  }
}

/** A watch and what it has delivered. */
export class WatchProbe {
  readonly batches: WatchBatch[] = [];
  readonly #fixture: StoreFixture;
  readonly #iterator: AsyncIterator<WatchBatch>;

  constructor(fixture: StoreFixture, range: KeyRange, options: WatchOptions) {
    this.#fixture = fixture;
    this.#iterator = fixture.store.watch(range, options)[Symbol.asyncIterator]();
  }

  /** The next batch; fails when the watch is over. */
  async next(): Promise<WatchBatch> {
    const result = await this.#fixture.within(this.#iterator.next(), "a batch from the watch");
    if (result.done === true) throw new Error("Expected another batch, but the watch was over");
    this.batches.push(result.value);
    return result.value;
  }

  /** The next batch that has events, as `put name=value` or `delete name`. */
  async changes(): Promise<readonly string[]> {
    return (await this.events()).map((event) => this.#show(event));
  }

  async events(): Promise<readonly WatchEvent[]> {
    const patience = this.#fixture.patience("changes from the watch");
    for (;;) {
      const batch = await this.next();
      if (batch.type === "events") return batch.events;
      patience();
    }
  }

  /** Takes batches until everything up to `revision` is known to have been delivered. */
  async until(revision: Revision): Promise<readonly string[]> {
    const patience = this.#fixture.patience(`the watch to reach revision ${revision}`);
    while ((this.batches.at(-1)?.revision ?? 0) < revision) {
      await this.next();
      patience();
    }
    return this.shown();
  }

  /** Everything delivered so far. */
  shown(): readonly string[] {
    return this.batches.flatMap((batch) =>
      batch.type === "events" ? batch.events.map((event) => this.#show(event)) : [],
    );
  }

  /** Takes batches until the watch fails; answers the error's code. */
  async failure(): Promise<string> {
    const patience = this.#fixture.patience("the watch to fail");
    try {
      for (;;) {
        await this.next();
        patience();
      }
    } catch (error) {
      return codeOf(error);
    }
  }

  /** The raw iterator. */
  get iterator(): AsyncIterator<WatchBatch> {
    return this.#iterator;
  }

  async stop(): Promise<void> {
    await this.#fixture.within(Promise.resolve(this.#iterator.return?.()), "the watch to stop");
  }

  #show({ type, kv }: WatchEvent): string {
    return type === "put" ? `put ${this.#fixture.name(kv)}=${textOf(kv)}` : `delete ${this.#fixture.name(kv)}`;
  }
}

/** The code of an error of keelson's; any other error is thrown again. */
export function codeOf(error: unknown): string {
  if (isKeelsonError(error)) return error.code;
  throw error;
}

/** A value as text. */
export function textOf({ value }: Pick<KeyValue, "value">): string {
  return decoder.decode(value);
}
