import { fullCapabilities } from "../store/index.js";
import { checkKnown } from "../core/check.js";
import { currentRuntime } from "../core/ambient.js";
import { type Duration, toMs } from "../core/duration.js";
import { Emitter, type Events } from "../core/emitter.js";
import { TimeoutError } from "../core/errors.js";
import type { Health } from "../core/health.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime } from "../core/runtime.js";
import {
  AmbiguousResultError,
  type GetOptions,
  type KeyRange,
  type KeyValue,
  type Lease,
  NotAppliedError,
  type RangeOptions,
  type RangeResult,
  type Revision,
  type StateStore,
  type StoreCapabilities,
  StoreClosedError,
  type StoreEvents,
  StoreUnavailableError,
  type Txn,
  type TxnResult,
  type WatchBatch,
  WatchLaggedError,
  type WatchOptions,
} from "../store/index.js";
import type { Endpoint } from "./endpoint.js";
import { NetworkError } from "./errors.js";
import { RemoteLease } from "./remote-lease.js";
import { RemoteWatch } from "./remote-watch.js";
import type { SimulatedNet } from "./simulated-net.js";
import { storeEndpoints } from "./store-endpoints.js";

/** How {@link remoteStore} reaches its store. */
export interface RemoteStoreOptions {
  /**
   * How long it waits for an answer; after that a read fails, and the result of a mutation is ambiguous. @defaultValue
   * `"5s"`
   */
  readonly requestTimeout?: Duration;
  /** What the store behind it can do. @defaultValue everything, within the limits of the store in memory */
  readonly capabilities?: Partial<StoreCapabilities>;
}

/** What a call does to the store: a read can be repeated, a mutation may have been made. */
export type CallKind = "read" | "mutation";

/** One side of a simulated store: calls over the network, with what that does to their errors. */
export class RemoteStore implements StateStore {
  readonly capabilities: StoreCapabilities;
  readonly events: Events<StoreEvents>;
  readonly runtime: Runtime = currentRuntime();
  readonly #emitter = new Emitter<StoreEvents>();
  readonly #net: SimulatedNet;
  readonly #host: string;
  readonly #timeoutMs: number;
  readonly #gone = new AbortController();
  /** Watches that are not registered yet: a mutation made after them must not overtake them. */
  readonly #registering = new Set<Promise<void>>();
  #isConnected = true;

  constructor(net: SimulatedNet, host: string, options: RemoteStoreOptions) {
    const { requestTimeout = "5s", capabilities = {} } = options;
    checkKnown("options", options, { requestTimeout, capabilities });
    checkKnown("capabilities", capabilities, fullCapabilities);
    this.capabilities = { ...fullCapabilities, ...capabilities };
    this.events = this.#emitter;
    this.#net = net;
    this.#host = host;
    this.#timeoutMs = toMs(requestTimeout, "requestTimeout");
  }

  /** Aborts when it is closed. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  get(
    key: string,
    { signal, ...options }: GetOptions = {},
  ): Promise<{ readonly revision: Revision; readonly kv?: KeyValue }> {
    return this.call("read", storeEndpoints.get, { key, options }, signal);
  }

  range(range: KeyRange, { signal, ...options }: RangeOptions = {}): Promise<RangeResult> {
    return this.call("read", storeEndpoints.range, { range, options }, signal);
  }

  txn(txn: Txn, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<TxnResult> {
    return this.call("mutation", storeEndpoints.txn, txn, signal);
  }

  watch(range: KeyRange, options: WatchOptions = {}): AsyncIterable<WatchBatch> {
    const watch = new RemoteWatch(this, range, options);
    const registered = watch.registered.finally(() => this.#registering.delete(registered));
    this.#registering.add(registered);
    return watch;
  }

  async grantLease(ttlMs: number, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<Lease> {
    const sentAt = this.runtime.now();
    const id = await this.call("mutation", storeEndpoints.grantLease, ttlMs, signal);
    return new RemoteLease(this, id, ttlMs, sentAt);
  }

  async compact(revision: Revision): Promise<void> {
    await this.call("mutation", storeEndpoints.compact, revision, undefined);
    this.#emitter.emit("compacted", { compactRevision: revision });
  }

  async health(): Promise<Health> {
    if (this.gone.aborted) return { status: "fail", message: "the store has been closed" };
    try {
      return await this.call("read", storeEndpoints.health, null, undefined);
    } catch (error) {
      return { status: "fail", message: error instanceof Error ? error.message : String(error) };
    }
  }

  close(): Promise<void> {
    if (!this.gone.aborted) this.#gone.abort(new StoreClosedError());
    return Promise.resolve();
  }

  /** Sends one request, once: what became of a mutation is never guessed. */
  async call<Q, A>(
    kind: CallKind,
    endpoint: Endpoint<Q, A>,
    request: Q,
    signal: AbortSignal | undefined,
    timeoutMs: number = this.#timeoutMs,
  ): Promise<A> {
    signal?.throwIfAborted();
    this.gone.throwIfAborted();
    if (kind === "mutation") for (const registered of this.#registering) await registered;
    using link = new LinkedSignal(signal, this.gone);
    link.signal.throwIfAborted();
    try {
      const answer = await this.#net.request(this.#host, endpoint, request, {
        signal: link.signal,
        timeout: timeoutMs,
      });
      this.#connected();
      return answer;
    } catch (error) {
      throw this.#failure(kind, error, link);
    }
  }

  #failure(kind: CallKind, error: unknown, link: LinkedSignal): unknown {
    if (error instanceof NetworkError && error.failure === "remote") {
      this.#connected();
      if (error.cause instanceof WatchLaggedError) this.#emitter.emit("lagged", { resumeFrom: error.cause.resumeFrom });
      return error.cause;
    }
    if (link.isAborted) {
      if (kind === "read") return error;
      return new AmbiguousResultError("given up after it was sent", { cause: error });
    }
    const isRefused = error instanceof NetworkError && error.failure === "refused";
    if (!(error instanceof NetworkError || error instanceof TimeoutError)) return error;
    this.#disconnected(error);
    const cause = { cause: error };
    if (kind === "read") return new StoreUnavailableError(`store "${this.#host}" does not answer`, cause);
    if (isRefused) return new NotAppliedError(`store "${this.#host}" cannot be reached`, cause);
    return new AmbiguousResultError(`store "${this.#host}" did not answer what it was sent`, cause);
  }

  #connected(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.#emitter.emit("connected");
  }

  #disconnected(error: unknown): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#emitter.emit("disconnected", error);
  }
}

/**
 * The store that another host serves, over the simulated network: it is slow, loses messages and is cut off as that is.
 *
 * @remarks
 * A mutation without an answer fails with `AmbiguousResultError` and is never sent again; one that found nobody with
 * `NotAppliedError`; a read with `StoreUnavailableError`. Watches go on from where they were, for as long as it takes.
 * A lease's deadline counts from when its last request was sent.
 *
 * @example
 * ```ts
 * import { isKeelsonError } from "keelson/core";
 * import { remoteStore, simulate } from "keelson/simulation";
 * import { put } from "keelson/store";
 *
 * await simulate({ seed: 1 }, async (sim) => {
 *   sim.store("store");
 *   const store = remoteStore(sim.net, "store", { requestTimeout: "1s" });
 *   await put(store, "/plan", "v1");
 *   sim.partition("store", "test");
 *   const failure = await put(store, "/plan", "v2").catch((error: unknown) => error);
 *   isKeelsonError(failure, "STORE_AMBIGUOUS") // => true
 * });
 * ```
 */
export function remoteStore(net: SimulatedNet, host: string, options: RemoteStoreOptions = {}): StateStore {
  return new RemoteStore(net, host, options);
}
