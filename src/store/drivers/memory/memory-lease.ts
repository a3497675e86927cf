import { LinkedSignal } from "../../../core/linked-signal.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { type LeaseEvent, leased } from "../../diagnostics.js";
import type { Lease } from "../../lease.js";
import type { LeaseTable } from "./lease-table.js";
import type { Slot } from "./version.js";

/**
 * A lease whose holder and store share one clock: no skew, no way for a request to be late, hence no margin, and the
 * deadline is the expiry itself.
 */
export class MemoryLease implements Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly slots: Set<Slot> = new Set<Slot>();
  readonly #runtime: Runtime;
  readonly #table: LeaseTable;
  readonly #link = new LinkedSignal();
  readonly #timer: TimerHandle;
  #deadline: number;

  constructor(runtime: Runtime, table: LeaseTable, ttlMs: number) {
    this.id = runtime.id("lease");
    this.ttlMs = ttlMs;
    this.#runtime = runtime;
    this.#table = table;
    this.#deadline = runtime.now() + ttlMs;
    const expire = (): void => {
      table.end(this);
    };
    this.#timer = runtime.timer(ttlMs, expire, "store.lease expiry");
    this.#timer.unref();
    this.#tell("granted");
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  deadline(): number {
    return this.#deadline;
  }

  keepAliveOnce({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    try {
      this.#table.check(this.id);
    } catch (error) {
      return Promise.reject(error);
    }
    this.#deadline = this.#runtime.now() + this.ttlMs;
    this.#timer.reset(this.ttlMs);
    this.#tell("renewed");
    return this.#runtime.ready(undefined);
  }

  revoke(): Promise<void> {
    this.#table.end(this);
    return this.#runtime.ready(undefined);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.revoke();
  }

  /** Called by the table once the lease is off it. */
  ended(reason: unknown): void {
    this.#deadline = Math.min(this.#deadline, this.#runtime.now());
    this.#timer[Symbol.dispose]();
    this.#link.abort(reason);
    this.#tell("ended");
  }

  #tell(event: LeaseEvent["event"]): void {
    if (!leased.hasSubscribers) return;
    leased.publish(Object.freeze({ driver: "memory", lease: this.id, event, ttlMs: this.ttlMs }));
  }
}
