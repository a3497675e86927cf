import { onAbort, type AbortTarget } from "../core/abort-hub.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { TimerHandle } from "../core/runtime.js";
import { type Lease, LeaseNotFoundError } from "../store/index.js";
import type { RemoteStore } from "./remote-store.js";
import { storeEndpoints } from "./store-endpoints.js";

/** A lease on the far side of a network: what is sent may be late, so its deadline counts from the sending. */
export class RemoteLease implements Lease, AbortTarget {
  readonly id: string;
  readonly ttlMs: number;
  readonly #store: RemoteStore;
  readonly #link = new LinkedSignal();
  readonly #timer: TimerHandle;
  #deadline: number;
  #isOver = false;

  constructor(store: RemoteStore, id: string, ttlMs: number, sentAt: number) {
    this.id = id;
    this.ttlMs = ttlMs;
    this.#store = store;
    this.#deadline = sentAt + ttlMs;
    const late = (): void => {
      this.#end(new LeaseNotFoundError(id));
    };
    this.#timer = store.runtime.timer(this.#deadline - store.runtime.now(), late, "lease deadline");
    this.#timer.unref();
    if (store.gone.aborted) this.#end(store.gone.reason);
    else onAbort(store.gone, this);
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  deadline(): number {
    return this.#deadline;
  }

  async keepAliveOnce({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    signal?.throwIfAborted();
    if (this.#isOver) throw this.signal.reason;
    const { runtime } = this.#store;
    const sentAt = runtime.now();
    try {
      await this.#store.call("mutation", storeEndpoints.keepAlive, this.id, signal);
    } catch (error) {
      if (error instanceof LeaseNotFoundError) this.#end(error);
      throw error;
    }
    if (this.signal.aborted) throw this.signal.reason;
    this.#deadline = Math.max(this.#deadline, sentAt + this.ttlMs);
    this.#timer.reset(this.#deadline - runtime.now());
  }

  async revoke(): Promise<void> {
    this.#end(new LeaseNotFoundError(this.id));
    if (this.#store.gone.aborted) return;
    await this.#store.call("mutation", storeEndpoints.revoke, this.id, undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.revoke();
  }

  aborted(reason: unknown): void {
    this.#end(reason);
  }

  #end(reason: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#deadline = Math.min(this.#deadline, this.#store.runtime.now());
    this.#timer[Symbol.dispose]();
    this.#link.abort(reason);
  }
}
