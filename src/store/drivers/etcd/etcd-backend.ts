import { promiseSource } from "../../../core/promise-hub.js";
import { TimeoutError } from "../../../core/errors.js";
import type { Health, Runtime } from "../../../core/index.js";
import { wait } from "../../../core/wait.js";
import { CompactedError, LeaseNotFoundError, NotAppliedError, UnsupportedError } from "../../errors.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { Lease } from "../../lease.js";
import type { RangeOptions, RangeResult, StoreCapabilities, Txn, TxnResult } from "../../state-store.js";
import type { Backend, BackendListener, CallOptions } from "../shared/backend.js";
import { findCompactRevision } from "./compact-revision.js";
import type { RetentionOptions } from "../shared/retention.js";
import type { EtcdClient } from "./etcd-client.js";
import type { EtcdConnection } from "./etcd-connection.js";
import { methods } from "./etcd-methods.js";
import { HistoryTrimmer } from "./history-trimmer.js";
import type { EtcdRange, KeyMapping } from "./key-mapping.js";
import type { Message } from "./schema.js";
import { capabilitiesOf, isSupported } from "./server-version.js";
import { StoreIdentity } from "./store-identity.js";
import type { TokenKeeper } from "./token-keeper.js";
import { fromEtcdKv, fromEtcdKvs, fromEtcdOp, leasesOf, onlyPut, toEtcdTxn } from "./translation.js";

type ReadOptions = Pick<RangeOptions, "revision" | "consistency" | "signal">;

/** Of what a backend is made. */
export interface EtcdParts {
  readonly runtime: Runtime;
  readonly connection: EtcdConnection;
  readonly tokens: TokenKeeper;
  readonly client: EtcdClient;
  readonly keys: KeyMapping;
  readonly timeoutMs: number;
  /** How much history is kept; without it, none is discarded. */
  readonly retention: RetentionOptions | undefined;
}

/** The calls of a store, as etcd's. */
export class EtcdBackend implements Backend {
  readonly driver = "etcd";
  readonly capabilities: StoreCapabilities;
  readonly parts: EtcdParts;
  readonly warning: string | undefined;
  readonly #version: string;
  readonly #identity: StoreIdentity;
  readonly #trimmer: HistoryTrimmer | undefined;
  readonly #registering = new Set<Promise<unknown>>();
  #listener: BackendListener | undefined = undefined;
  #compacted: Revision = 0;
  #isInDoubt = false;

  constructor(
    parts: EtcdParts,
    { version, header }: { readonly version: string; readonly header: Message<"ResponseHeader"> },
  ) {
    this.capabilities = capabilitiesOf(version);
    this.parts = parts;
    this.#version = version;
    this.warning = isSupported(version)
      ? undefined
      : `etcd ${version} has known errors in watches, leases or reads; use 3.5.28, 3.6.9 or later`;
    this.#identity = new StoreIdentity(header.clusterId);
    this.#identity.accept(header);
    this.#trimmer = parts.retention === undefined ? undefined : new HistoryTrimmer(this, parts.retention);
  }

  listen(listener: BackendListener): void {
    this.#listener = listener;
    this.parts.connection.listen(listener);
  }

  /** A tenth for clocks of different rates; etcd never lets a lease expire early. */
  surelyHeld(ttlMs: number): number {
    return 0.9 * ttlMs;
  }

  async get(key: string, options: ReadOptions): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }> {
    const { keys } = this.parts;
    const { revision, kvs } = await this.#read({ key: keys.toEtcd(key), rangeEnd: "" }, options);
    const [kv] = kvs;
    return kv === undefined ? { revision } : { revision, kv: fromEtcdKv(keys, kv) };
  }

  async range(range: KeyRange, options: RangeOptions): Promise<RangeResult> {
    const { limit, keysOnly, countOnly, reverse } = options;
    const { keys } = this.parts;
    const sortOrder = reverse === true ? 2 : 0;
    const more = { limit, keysOnly, countOnly, sortOrder };
    const { revision, kvs, more: isCut, count } = await this.#read(keys.range(range), options, more);
    return { revision, kvs: fromEtcdKvs(keys, kvs), more: isCut, count };
  }

  /** The present revision. */
  async reach({ signal }: CallOptions): Promise<Revision> {
    const { revision } = await this.#read({ key: this.parts.keys.unused, rangeEnd: "" }, { signal });
    return revision;
  }

  /** The present revision, such that every transaction called for later makes a later one: those wait meanwhile. */
  async register({ signal }: CallOptions): Promise<Revision> {
    const reaching = this.reach({ signal });
    this.#registering.add(reaching);
    try {
      return await reaching;
    } finally {
      this.#registering.delete(reaching);
    }
  }

  async txn(txn: Txn, { signal }: CallOptions): Promise<TxnResult> {
    const { client, keys } = this.parts;
    if (this.#registering.size > 0) await this.#registered(signal);
    const before = this.#identity.revision;
    const options = { signal, leaseId: () => leasesOf(txn) };
    const put = onlyPut(keys, txn);
    if (put !== undefined) {
      const { header } = await client.once(methods.put, put, options);
      return { succeeded: true, revision: this.#checked(header, before), results: [{ type: "put" }] };
    }
    const answer = await client.once(methods.txn, toEtcdTxn(keys, txn), options);
    const revision = this.#checked(answer.header, before);
    return { succeeded: answer.succeeded, revision, results: answer.responses.map((each) => fromEtcdOp(keys, each)) };
  }

  /** etcd chooses the lease's id, and grants at least its own minimum, in whole seconds. */
  async grant(_id: string, ttlMs: number, { signal }: CallOptions): Promise<Pick<Lease, "id" | "ttlMs">> {
    const { id, ttl } = await this.parts.client.once(methods.grant, { ttl: Math.ceil(ttlMs / 1_000) }, { signal });
    if (id === ttl.toString(16)) throw notEtcd();
    return { id, ttlMs: 1_000 * ttl };
  }

  async keepAlive(id: string, { signal }: CallOptions): Promise<void> {
    const { ttl } = await this.parts.client.repeat(methods.keepAlive, { id }, { signal, leaseId: () => id });
    if (ttl <= 0) throw new LeaseNotFoundError(id);
  }

  async revoke(id: string): Promise<void> {
    if (this.#registering.size > 0) await this.#registered(undefined);
    try {
      // Made twice it does what it does once.
      await this.parts.client.repeat(methods.revoke, { id }, { leaseId: () => id });
    } catch (error) {
      if (!(error instanceof LeaseNotFoundError)) throw error;
    }
  }

  async compact(revision: Revision): Promise<void> {
    if (this.parts.retention === undefined) {
      throw new UnsupportedError("history is the whole cluster's: it is compacted only with `compactEtcd: true`");
    }
    if (revision <= this.#compacted) return;
    try {
      await this.parts.client.repeat(methods.compact, { revision });
      this.noteCompacted(revision);
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
    }
  }

  /** Remembers what is gone, and answers the error that says so. */
  noteCompacted(compactRevision: Revision): CompactedError {
    if (compactRevision > this.#compacted) {
      this.#compacted = compactRevision;
      this.#listener?.reached({ revision: this.revision, compacted: compactRevision });
    }
    return new CompactedError(this.#compacted);
  }

  /** The highest revision that an answer has shown. */
  get revision(): Revision {
    return this.#identity.revision;
  }

  /** What is known to be gone from history. */
  get compacted(): Revision {
    return this.#compacted;
  }

  /** Notes a header of a watch, which may come from a member that is behind. */
  heard(header: Message<"ResponseHeader">): void {
    if (this.#identity.isForeign(header)) void this.#doubt();
  }

  async inspect(): Promise<NonNullable<Health["details"]>> {
    const { header, dbSize, leader } = await this.parts.client.repeat(methods.status, {});
    return {
      version: this.#version,
      isSupported: isSupported(this.#version),
      cluster: header?.clusterId ?? "",
      revision: header?.revision ?? 0,
      compacted: this.#compacted,
      bytes: dbSize,
      hasLeader: leader !== "",
    };
  }

  close(): Promise<void> {
    this.#trimmer?.[Symbol.dispose]();
    this.parts.client.close();
    this.parts.connection.close();
    return Promise.resolve();
  }

  async #read(
    range: EtcdRange,
    { revision, consistency, signal }: ReadOptions,
    more: { readonly limit?: number | undefined; readonly sortOrder?: number } = {},
  ): Promise<Omit<Message<"RangeResponse">, "header"> & { readonly revision: Revision }> {
    if (revision !== undefined && revision <= this.#compacted) throw new CompactedError(this.#compacted);
    const serializable = consistency === "serializable";
    const before = serializable ? 0 : this.#identity.revision;
    const { client, keys } = this.parts;
    try {
      const reading = client.repeat(methods.range, { ...range, ...more, revision, serializable }, { signal });
      // etcd still reads at the compacted revision, and refuses what is below it.
      const isEarly = revision !== undefined && revision > 1;
      const earlier = { key: keys.unused, rangeEnd: "", revision: (revision ?? 0) - 1, serializable };
      const probing = isEarly ? client.repeat(methods.range, earlier, { signal }) : undefined;
      const [answer] = await Promise.all([reading, probing]);
      return { ...answer, revision: revision ?? this.#checked(answer.header, before) };
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error;
      throw this.noteCompacted(await findCompactRevision(this.parts, range.key, revision ?? 1));
    }
  }

  /** The revision of an answer that can't be older than `before`, unless the store is not the same any more. */
  #checked(header: Message<"ResponseHeader"> | undefined, before: Revision): Revision {
    if (header === undefined) return 0;
    if (this.#identity.isForeign(header) || header.revision < before) void this.#doubt();
    return header.revision;
  }

  /** Asks once more: a leader that was paused may have answered from the past. */
  async #doubt(): Promise<void> {
    if (this.#isInDoubt) return;
    this.#isInDoubt = true;
    try {
      const before = this.#identity.revision;
      const range = { key: this.parts.keys.unused };
      const { header } = await this.parts.client.repeat(methods.range, range);
      if (header === undefined || (!this.#identity.isForeign(header) && header.revision >= before)) return;
      this.#identity.accept(header);
      this.#compacted = 0;
      this.#listener?.replaced({ revision: header.revision, compacted: 0 });
    } catch {
      // The next answer raises the same doubt.
    } finally {
      this.#isInDoubt = false;
    }
  }

  async #registered(signal: AbortSignal | undefined): Promise<void> {
    const { runtime, timeoutMs } = this.parts;
    const all = Promise.allSettled(this.#registering);
    try {
      await wait(runtime, "store.etcd registration", promiseSource(all), { signal, timeout: timeoutMs });
    } catch (error) {
      if (error instanceof TimeoutError && error !== signal?.reason) {
        throw new NotAppliedError("a watch that was opened before can't be registered", { cause: error });
      }
      throw error;
    }
  }
}

/** kine leaves ids out of its headers, names leases after their time to live, and renews none. */
export function notEtcd(): UnsupportedError {
  return new UnsupportedError("this is no etcd but a server that imitates it, such as kine: it keeps no leases");
}
