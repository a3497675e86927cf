import { checkInteger, checkNumber } from "../../../core/check.js";
import type { Emitter } from "../../../core/index.js";
import { type Events, type Health, type Runtime } from "../../../core/index.js";
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
import { HeldLease, type LeaseHome } from "../shared/held-lease.js";
import type { EtcdBackend, EtcdListener } from "./etcd-backend.js";
import { EtcdWatch, type WatchHome } from "./etcd-watch.js";
import type { GrpcSession } from "./grpc-session.js";
import type { KeyMapping } from "./key-mapping.js";
import type { Message } from "./schema.js";

const driver = "etcd";

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A store on an etcd: checks at the door, watches, leases, events, diagnostics and closing. */
export class EtcdStore implements StateStore, EtcdListener, LeaseHome, WatchHome {
  readonly capabilities: StoreCapabilities;
  readonly events: Events<StoreEvents>;
  readonly runtime: Runtime;
  readonly keys: KeyMapping;
  readonly hasProgress: boolean;
  readonly #backend: EtcdBackend;
  readonly #watches = new Set<EtcdWatch>();
  readonly #leases = new Set<HeldLease>();
  readonly #emitter: Emitter<StoreEvents>;
  readonly #trimmer: Disposable | undefined;
  #isClosed = false;

  constructor(backend: EtcdBackend, emitter: Emitter<StoreEvents>, trimmer: Disposable | undefined) {
    this.capabilities = backend.capabilities;
    this.events = emitter;
    this.runtime = backend.parts.runtime;
    this.keys = backend.parts.keys;
    this.hasProgress = backend.capabilities.progress;
    this.#backend = backend;
    this.#emitter = emitter;
    this.#trimmer = trimmer;
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
    const watch = new EtcdWatch(this, this.keys.range(range), options);
    const { compacted } = this.#backend;
    this.#watches.add(watch);
    if (this.#isClosed) watch.end({ error: new StoreClosedError() });
    else if (options.from !== undefined && options.from <= compacted) {
      watch.end({ error: new CompactedError(compacted) });
    }
    watch.start();
    return watch;
  }

  get driver(): string {
    return driver;
  }

  grantLease(ttlMs: number, options: CallOptions = {}): Promise<Lease> {
    return this.#answer("grantLease", options.signal, async () => {
      checkNumber("ttlMs", ttlMs, 1);
      const sentAt = this.runtime.now();
      const lease = new HeldLease(this, { ...(await this.#backend.grant(ttlMs, options)), sentAt });
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
      const details = await this.runtime.real(() => this.#backend.inspect());
      return { status: "pass", details: { ...details, leases: this.#leases.size, watches: this.#watches.size } };
    } catch (error) {
      return { status: "fail", message: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    this.#isClosed = true;
    this.#trimmer?.[Symbol.dispose]();
    for (const watch of [...this.#watches]) watch.end({ error: new StoreClosedError() });
    for (const lease of [...this.#leases]) lease.end(new StoreClosedError());
    this.#backend.close();
    return Promise.resolve();
  }

  // What leases ask.

  /** A tenth for clocks of different rates; etcd never lets a lease expire early. */
  surelyHeld(ttlMs: number): number {
    return 0.9 * ttlMs;
  }

  keepAlive(id: string, options: CallOptions): Promise<void> {
    return this.#answer("keepAliveOnce", options.signal, () => this.#backend.keepAlive(id, options));
  }

  revoke(id: string): Promise<void> {
    if (this.#isClosed) return Promise.resolve(); // it expires by itself
    return this.#answer("revoke", undefined, () => this.#backend.revoke(id));
  }

  // What watches ask.

  get token(): string | undefined {
    return this.#backend.parts.tokens.token;
  }

  register(signal: AbortSignal): Promise<Revision> {
    return this.#backend.register({ signal });
  }

  reach(signal: AbortSignal): Promise<Revision> {
    return this.#backend.reach({ signal });
  }

  ready(signal: AbortSignal): Promise<GrpcSession> {
    return this.#backend.parts.connection.ready({ signal });
  }

  suspect(session: GrpcSession, error: unknown): void {
    this.#backend.parts.connection.suspect(session, error);
  }

  renewToken(): Promise<void> {
    return this.#backend.parts.tokens.renew();
  }

  heard(header: Message<"ResponseHeader">): void {
    this.#backend.heard(header);
  }

  historyGone(compactRevision: Revision): CompactedError {
    return this.#backend.noteCompacted(compactRevision);
  }

  lagged(resumeFrom: Revision): void {
    this.#emitter.emit("lagged", { resumeFrom });
    if (lagged.hasSubscribers) lagged.publish(Object.freeze({ driver, resumeFrom }));
  }

  // What ends, and what the backend says.

  ended(part: HeldLease | EtcdWatch): void {
    if (part instanceof EtcdWatch) this.#watches.delete(part);
    else this.#leases.delete(part);
  }

  compacted(compactRevision: Revision): void {
    this.#emitter.emit("compacted", { compactRevision });
  }

  replaced(revision: Revision): void {
    const error = new CompactedError(revision);
    for (const watch of [...this.#watches]) watch.end({ error });
    for (const lease of [...this.#leases]) lease.end(error);
  }

  /** Answers one call: an aborted signal comes first, then a closed store, then what `work` says. */
  #answer<T>(method: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (this.#isClosed) return Promise.reject(new StoreClosedError());
    try {
      return told(this.runtime, driver, method, () => this.runtime.real(work));
    } catch (error) {
      return Promise.reject(error);
    }
  }
}
