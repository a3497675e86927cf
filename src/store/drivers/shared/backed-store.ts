import { checkInteger, checkNumber } from "../../../core/check.js";
import { Emitter, type Events, type Health, type Runtime } from "../../../core/index.js";
import { lagged, told } from "../../diagnostics.js";
import { CompactedError, StoreClosedError } from "../../errors.js";
import { checkKey, checkRange } from "../../key-check.js";
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
import type { Backend, BackendListener, CallOptions, LogBackend, Reach, WatchSource } from "./backend.js";
import { ChangeTail } from "./change-tail.js";
import { HeldLease, type LeaseHome } from "./held-lease.js";

/** A store on a {@link Backend}: checks at the door, watches, leases, events, diagnostics and closing. */
export class BackedStore implements StateStore, BackendListener, LeaseHome {
  readonly capabilities: StoreCapabilities;
  readonly events: Events<StoreEvents>;
  readonly runtime: Runtime;
  readonly #backend: Backend;
  readonly #emitter = new Emitter<StoreEvents>();
  readonly #watches: WatchSource;
  readonly #leases = new Set<HeldLease>();
  #compacted: Revision = 0;
  #isClosed = false;
  #closing: Promise<void> | undefined = undefined;

  /** `watches` is told what to call when a consumer has fallen behind. */
  constructor(backend: Backend, runtime: Runtime, watches: (lagged: (resumeFrom: Revision) => void) => WatchSource) {
    this.capabilities = backend.capabilities;
    this.events = this.#emitter;
    this.runtime = runtime;
    this.#backend = backend;
    this.#watches = watches((resumeFrom) => {
      this.#emitter.emit("lagged", { resumeFrom });
      if (lagged.hasSubscribers) lagged.publish(Object.freeze({ driver: backend.driver, resumeFrom }));
    });
    backend.listen(this);
  }

  get(key: string, options: GetOptions = {}): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }> {
    return this.#answer("get", options.signal, () => {
      checkKey(key);
      if (options.revision !== undefined) checkInteger("revision", options.revision, 0);
      return this.#backend.get(key, options);
    });
  }

  range(range: KeyRange, options: RangeOptions = {}): Promise<RangeResult> {
    return this.#answer("range", options.signal, () => {
      checkRange(range);
      if (options.limit !== undefined) checkInteger("limit", options.limit, 1);
      if (options.revision !== undefined) checkInteger("revision", options.revision, 0);
      return this.#backend.range(range, options);
    });
  }

  txn(txn: Txn, options: CallOptions = {}): Promise<TxnResult> {
    return this.#answer("txn", options.signal, () => {
      checkTxn(txn, this.capabilities);
      return this.#backend.txn(txn, options);
    });
  }

  watch(range: KeyRange, options: WatchOptions = {}): AsyncIterable<WatchBatch> {
    checkRange(range);
    if (options.from !== undefined) checkInteger("from", options.from, 0);
    if (options.progressMs !== undefined) checkNumber("progressMs", options.progressMs, 1);
    const watch = this.#watches.open(range, options);
    if (this.#isClosed) watch.end({ error: new StoreClosedError() });
    return watch;
  }

  get driver(): string {
    return this.#backend.driver;
  }

  grantLease(ttlMs: number, options: CallOptions = {}): Promise<Lease> {
    return this.#answer("grantLease", options.signal, async () => {
      checkNumber("ttlMs", ttlMs, 1);
      const id = this.runtime.id("lease");
      const sentAt = this.runtime.now();
      const granted = await this.#backend.grant(id, ttlMs, options);
      const lease = new HeldLease(this, { ...granted, sentAt });
      if (this.#isClosed) lease.end(new StoreClosedError());
      else this.#leases.add(lease);
      return lease;
    });
  }

  compact(revision: Revision): Promise<void> {
    return this.#answer("compact", undefined, () => {
      checkInteger("revision", revision, 0);
      return this.#backend.compact(revision);
    });
  }

  async health(): Promise<Health> {
    if (this.#isClosed) return { status: "fail", message: "the store has been closed" };
    try {
      const inspected = await this.runtime.real(() => this.#backend.inspect());
      const details = { ...inspected, heldLeases: this.#leases.size, watches: this.#watches.size };
      const { warning } = this.#backend;
      return warning === undefined ? { status: "pass", details } : { status: "warn", message: warning, details };
    } catch (error) {
      return { status: "fail", message: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  surelyHeld(ttlMs: number): number {
    return this.#backend.surelyHeld(ttlMs);
  }

  keepAlive(id: string, options: CallOptions): Promise<void> {
    return this.#answer("keepAliveOnce", options.signal, () => this.#backend.keepAlive(id, options));
  }

  revoke(id: string): Promise<void> {
    if (this.#isClosed) return Promise.resolve(); // it expires by itself
    return this.#answer("revoke", undefined, () => this.#backend.revoke(id));
  }

  ended(lease: HeldLease): void {
    this.#leases.delete(lease);
  }

  reached(reach: Reach): void {
    if (reach.compacted > this.#compacted) {
      this.#compacted = reach.compacted;
      this.#emitter.emit("compacted", { compactRevision: reach.compacted });
    }
    this.#watches.reached(reach);
  }

  connected(): void {
    this.#emitter.emit("connected");
  }

  disconnected(error: unknown): void {
    this.#emitter.emit("disconnected", error);
  }

  replaced({ revision, compacted }: Reach): void {
    const error = new CompactedError(revision);
    this.#compacted = compacted;
    this.#watches.restart(revision, error);
    for (const lease of [...this.#leases]) lease.end(error);
  }

  #close(): Promise<void> {
    this.#isClosed = true;
    this.#watches.end(new StoreClosedError());
    for (const lease of [...this.#leases]) lease.end(new StoreClosedError());
    return this.runtime.real(() => this.#backend.close());
  }

  /** Answers one call: an aborted signal comes first, then a closed store, then what `work` says. */
  #answer<T>(method: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#isClosed) return Promise.reject(new StoreClosedError());
    try {
      return told(this.runtime, this.#backend.driver, method, () => this.runtime.real(work));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/** A store on a database with a log of changes. */
export function logStore(backend: LogBackend, runtime: Runtime): StateStore {
  return new BackedStore(backend, runtime, (lagged) => new ChangeTail(runtime, backend, lagged));
}
