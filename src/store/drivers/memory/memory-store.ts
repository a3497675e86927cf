import { fullCapabilities } from "../../full-capabilities.js";
import { checkInteger, checkNumber } from "../../../core/check.js";
import { Emitter, type Events, type Health, type Runtime, currentRuntime } from "../../../core/index.js";
import { called, lagged } from "../../diagnostics.js";
import { FutureRevisionError, StoreClosedError } from "../../errors.js";
import { checkKey, checkRange } from "../../key-check.js";
import { compareKeys } from "../../key-order.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { Lease } from "../../lease.js";
import type {
  GetOptions,
  RangeOptions,
  RangeResult,
  StateStore,
  StoreCapabilities,
  StoreEvents,
  Txn,
  TxnResult,
  WatchOptions,
} from "../../state-store.js";
import { checkTxn } from "../../txn-check.js";
import type { WatchBatch } from "../../watch-batch.js";
import { WatchHub } from "../shared/watch-hub.js";
import { Keyspace } from "./keyspace.js";
import { LeaseTable } from "./lease-table.js";
import { Retention, type RetentionOptions } from "../shared/retention.js";
import { runTxn } from "./transaction.js";
import { type Slot, type Version, present, toKeyValue } from "./version.js";
import { type WatchHome, WatchStream } from "./watch-stream.js";

/** How {@link memoryStore} is made. */
export interface MemoryStoreOptions {
  /** Whose clock leases, progress and retention follow. @defaultValue `currentRuntime()` */
  readonly runtime?: Runtime;
  /** How much history is kept. */
  readonly retention?: RetentionOptions;
}

const driver = "memory";

/** The limits are the least that every driver takes, so that what works here works everywhere. */
const capabilities: StoreCapabilities = { ...fullCapabilities, durable: false };

class MemoryStore implements StateStore, WatchHome {
  readonly capabilities: StoreCapabilities = capabilities;
  readonly events: Events<StoreEvents>;
  readonly runtime: Runtime;
  readonly keyspace = new Keyspace();
  readonly hub: WatchHub<Version> = new WatchHub<Version>(({ slot }) => slot.key);
  closed: { readonly error: unknown } | undefined = undefined;
  readonly #emitter = new Emitter<StoreEvents>();
  readonly #leases: LeaseTable;
  readonly #retention: Retention;

  constructor({ runtime = currentRuntime(), retention = {} }: MemoryStoreOptions) {
    this.runtime = runtime;
    this.events = this.#emitter;
    this.#leases = new LeaseTable(runtime, (slots, leaseId) => {
      this.#change(() => {
        this.#removeLeased(slots, leaseId);
      });
    });
    this.#retention = new Retention(runtime, this.keyspace, retention, (revision) => {
      this.#compact(revision);
    });
  }

  get(
    key: string,
    { revision, signal }: GetOptions = {},
  ): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }> {
    return this.#answer("get", signal, () => {
      checkKey(key);
      const at = this.#readRevision(revision);
      const version = revision === undefined ? this.keyspace.latest(key) : this.keyspace.at(key, revision);
      return version === undefined ? { revision: at } : { revision: at, kv: toKeyValue(version) };
    });
  }

  range(range: KeyRange, options: RangeOptions = {}): Promise<RangeResult> {
    const { revision, signal, limit, keysOnly, countOnly = false, reverse } = options;
    return this.#answer("range", signal, () => {
      checkRange(range);
      if (limit !== undefined) checkInteger("limit", limit, 1);
      const at = this.#readRevision(revision);
      const { versions, count } = this.keyspace.select(range, { revision, limit, reverse });
      const kvs = countOnly ? [] : versions.map((version) => toKeyValue(version, keysOnly));
      return { revision: at, kvs, more: !countOnly && kvs.length < count, count };
    });
  }

  txn(txn: Txn, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<TxnResult> {
    return this.#answer("txn", signal, () => {
      checkTxn(txn, capabilities);
      const { succeeded, results } = this.#change(() => runTxn(this.keyspace, this.#leases, txn));
      return { succeeded, revision: this.keyspace.revision, results };
    });
  }

  watch(range: KeyRange, options: WatchOptions = {}): AsyncIterable<WatchBatch> {
    checkRange(range);
    if (options.from !== undefined) checkInteger("from", options.from, 0);
    if (options.progressMs !== undefined) checkNumber("progressMs", options.progressMs, 1);
    return new WatchStream(this, range, options);
  }

  grantLease(ttlMs: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Lease> {
    return this.#answer("grantLease", signal, () => {
      checkNumber("ttlMs", ttlMs, 1);
      return this.#leases.grant(ttlMs);
    });
  }

  compact(revision: Revision): Promise<void> {
    return this.#answer("compact", undefined, () => {
      checkInteger("revision", revision, 0);
      const { compacted, revision: last } = this.keyspace;
      if (revision > last) {
        throw new FutureRevisionError(`revision ${revision} does not exist yet; the store is at ${last}`);
      }
      if (revision > compacted) this.#compact(revision);
    });
  }

  health(): Promise<Health> {
    if (this.closed !== undefined) return Promise.resolve({ status: "fail", message: "the store has been closed" });
    const { revision, compacted, size } = this.keyspace;
    const details = { revision, compacted, keys: size, leases: this.#leases.size, watches: this.hub.size };
    return this.runtime.ready({ status: "pass", details });
  }

  close(): Promise<void> {
    if (this.closed === undefined) {
      this.closed = { error: new StoreClosedError() };
      this.#retention[Symbol.dispose]();
      this.#leases.close();
      this.hub.close(this.closed.error);
    }
    return Promise.resolve();
  }

  /** Answers one call: an aborted signal comes first, then a closed store, then what `work` says. */
  #answer<T>(method: string, signal: AbortSignal | undefined, work: () => T): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.closed !== undefined) return Promise.reject(this.closed.error);
    const started = called.hasSubscribers ? this.runtime.now() : undefined;
    try {
      const value = work();
      if (started !== undefined) this.#publishCall(method, started);
      return this.runtime.ready(value);
    } catch (error) {
      if (started !== undefined) this.#publishCall(method, started, { error });
      return Promise.reject(error);
    }
  }

  #publishCall(method: string, started: number, failure?: { readonly error: unknown }): void {
    called.publish(Object.freeze({ driver, method, durationMs: this.runtime.now() - started, ...failure }));
  }

  #readRevision(revision: Revision | undefined): Revision {
    if (revision === undefined) return this.keyspace.revision;
    checkInteger("revision", revision, 0);
    this.keyspace.checkReadable(revision);
    return revision;
  }

  /** Makes changes at the next revision, which exists from then on if there were any. */
  #change<T>(work: () => T): T {
    const { keyspace } = this;
    const before = keyspace.log.length;
    const result = work();
    if (keyspace.log.length === before) return result;
    keyspace.revision += 1;
    const lags = this.hub.publish(keyspace.log.since(before));
    this.#retention.grown();
    for (const resumeFrom of lags) this.#lagged(resumeFrom);
    return result;
  }

  #removeLeased(slots: readonly Slot[], leaseId: string): void {
    for (const slot of [...slots].sort((a, b) => compareKeys(a.key, b.key))) {
      const version = present(slot);
      if (version?.leaseId === leaseId) this.keyspace.delete(version);
    }
  }

  #compact(revision: Revision): void {
    this.keyspace.compact(revision);
    this.#emitter.emit("compacted", { compactRevision: revision });
  }

  #lagged(resumeFrom: Revision): void {
    this.#emitter.emit("lagged", { resumeFrom });
    if (lagged.hasSubscribers) lagged.publish(Object.freeze({ driver, resumeFrom }));
  }
}

/**
 * A store in this process's memory: every guarantee of {@link StateStore} but durability.
 *
 * @remarks
 * Each call makes a store of its own; parts of one process share it by passing it on. It runs on the runtime's clock,
 * so under virtual time leases expire when the test says so. Values are copied in and out. History is trimmed every
 * minute to what `retention` says, and earlier where it has grown to twice as many revisions. None of its timers keeps
 * the process alive.
 *
 * @example
 * ```ts
 * import { StoreClosedError, op } from "keelson/store";
 * import { memoryStore } from "keelson/store/memory";
 *
 * const store = memoryStore();
 * await store.txn({ then: [op.put("/plan", "v1")] });
 * const { kv } = await store.get("/plan");
 * kv?.version // => 1
 * await store.close();
 * await store.get("/plan"); // throws StoreClosedError
 * ```
 */
export function memoryStore(options: MemoryStoreOptions = {}): StateStore {
  return new MemoryStore(options);
}
