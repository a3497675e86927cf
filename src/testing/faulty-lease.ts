import { LinkedSignal } from "../core/linked-signal.js";
import { type Runtime, type TimerHandle, isKeelsonError } from "../core/index.js";
import { type Lease, LeaseNotFoundError, StoreClosedError } from "../store/index.js";

/** Does a call of a lease, unless it is struck. */
export type LeaseCall = (
  method: "keepAlive" | "revoke",
  signal: AbortSignal | undefined,
  work: () => Promise<void>,
) => Promise<void>;

/**
 * A lease as a client far from its store sees it: it counts its deadline by the answers it gets, and is the last to
 * hear that the store has dropped it.
 */
export class FaultyLease implements Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly #runtime: Runtime;
  readonly #inner: Lease;
  readonly #call: LeaseCall;
  readonly #end = new LinkedSignal();
  readonly #timer: TimerHandle;
  #deadline: number;
  #dropped = false;

  constructor(runtime: Runtime, inner: Lease, call: LeaseCall) {
    this.id = inner.id;
    this.ttlMs = inner.ttlMs;
    this.#runtime = runtime;
    this.#inner = inner;
    this.#call = call;
    this.#deadline = inner.deadline();
    const expire = (): void => {
      this.#ended(new LeaseNotFoundError(inner.id));
    };
    this.#timer = runtime.timer(this.#deadline - runtime.now(), expire, "faulty lease expiry");
    this.#timer.unref();
    const told = (): void => {
      if (!this.#dropped) this.#ended(inner.signal.reason);
    };
    if (inner.signal.aborted) told();
    else inner.signal.addEventListener("abort", told, { once: true });
  }

  get signal(): AbortSignal {
    return this.#end.signal;
  }

  deadline(): number {
    return this.#deadline;
  }

  async keepAliveOnce({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (signal?.aborted === true) throw signal.reason;
    if (this.#end.isAborted) {
      const reason: unknown = this.#end.signal.reason;
      throw reason instanceof StoreClosedError ? reason : new LeaseNotFoundError(this.id);
    }
    try {
      await this.#call("keepAlive", signal, () => this.#inner.keepAliveOnce({ signal }));
    } catch (error) {
      if (isKeelsonError(error, "STORE_LEASE_NOT_FOUND")) this.#ended(error);
      throw error;
    }
    this.#prolonged();
  }

  async revoke(): Promise<void> {
    this.#ended(new LeaseNotFoundError(this.id));
    await this.#call("revoke", undefined, () => this.#inner.revoke());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.revoke();
  }

  /** The store drops the lease, and the holder isn't told. */
  drop(): void {
    this.#dropped = true;
    this.#inner.revoke().catch((error: unknown) => {
      if (!(error instanceof StoreClosedError)) this.#runtime.report(error, { task: "planned lease loss" });
    });
  }

  #prolonged(): void {
    if (this.#end.isAborted) return;
    this.#deadline = this.#inner.deadline();
    this.#timer.reset(this.#deadline - this.#runtime.now());
  }

  #ended(reason: unknown): void {
    this.#deadline = Math.min(this.#deadline, this.#runtime.now());
    this.#timer[Symbol.dispose]();
    this.#end.abort(reason);
  }
}
