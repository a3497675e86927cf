import { fullCapabilities } from "../../full-capabilities.js";
import type { Health } from "../../../core/health.js";
import type { KeyRange } from "../../key-range.js";
import type { KeyValue, Revision } from "../../key-value.js";
import type { Lease } from "../../lease.js";
import type { RangeOptions, RangeResult, StoreCapabilities, Txn, TxnResult } from "../../state-store.js";
import type {
  LogBackend,
  BackendListener,
  CallOptions,
  ChangesPage,
  ChangesRequest,
  Reach,
} from "../shared/backend.js";
import { packTxn, unpackResult } from "./txn-packing.js";
import type { WorkerClient } from "./worker-client.js";
import type { ReadCall, WriteCall } from "./worker-protocol.js";

/** A SQLite file behind its thread. */
export class SqliteBackend implements LogBackend {
  readonly driver = "sqlite";
  readonly capabilities: StoreCapabilities = fullCapabilities;
  readonly #client: WorkerClient;
  readonly #details: NonNullable<Health["details"]>;

  constructor(client: WorkerClient, details: NonNullable<Health["details"]>) {
    this.#client = client;
    this.#details = details;
  }

  /** Holders and file share the machine's clock, which neither jumps nor drifts: there is nothing to allow for. */
  surelyHeld(ttlMs: number): number {
    return ttlMs;
  }

  listen(listener: BackendListener): void {
    this.#client.listen(listener);
  }

  setWatching(isWatching: boolean): void {
    this.#client.setWatching(isWatching);
  }

  reach(options: CallOptions): Promise<Reach> {
    return this.#read({ type: "reach" }, options);
  }

  get(
    key: string,
    { revision, signal }: Pick<RangeOptions, "revision" | "signal">,
  ): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }> {
    return this.#read({ type: "get", key, revision }, { signal });
  }

  range(range: KeyRange, { signal, ...options }: RangeOptions): Promise<RangeResult> {
    return this.#read({ type: "range", range, options }, { signal });
  }

  changes(request: ChangesRequest): Promise<ChangesPage> {
    return this.#read({ type: "changes", request });
  }

  async txn(txn: Txn, options: CallOptions): Promise<TxnResult> {
    return unpackResult(await this.#write({ type: "txn", txn: packTxn(txn) }, options));
  }

  async grant(id: string, ttlMs: number, options: CallOptions): Promise<Pick<Lease, "id" | "ttlMs">> {
    await this.#write({ type: "grant", id, ttlMs }, options);
    return { id, ttlMs };
  }

  keepAlive(id: string, options: CallOptions): Promise<void> {
    return this.#write({ type: "keepAlive", id }, options);
  }

  revoke(id: string): Promise<void> {
    return this.#write({ type: "revoke", id });
  }

  compact(revision: Revision): Promise<void> {
    return this.#write({ type: "compact", revision });
  }

  async inspect(): Promise<NonNullable<Health["details"]>> {
    return { ...this.#details, ...(await this.#read<NonNullable<Health["details"]>>({ type: "inspect" })) };
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  // What comes back from the thread has the type of its call; nothing can check that here.
  #read<T>(call: ReadCall, options?: CallOptions): Promise<T> {
    return this.#client.read(call, options) as Promise<T>;
  }

  #write<T>(call: WriteCall, options?: CallOptions): Promise<T> {
    return this.#client.write(call, options) as Promise<T>;
  }
}
