import { LinkedSignal } from "../../../core/linked-signal.js";
import type { Runtime, TimerHandle } from "../../../core/runtime.js";
import { type LeaseEvent, leased } from "../../diagnostics.js";
import { LeaseNotFoundError } from "../../errors.js";
import type { Lease } from "../../lease.js";

/** What a {@link HeldLease} asks of its store, and how it is to reckon. */
export interface LeaseHome {
  /** Whose clock the deadline is on. */
  readonly runtime: Runtime;
  /** What observers are told it is a lease of; they are told nothing without. */
  readonly driver?: string;
  /** Of a time to live, how many milliseconds a holder may count on, from when the request was sent. */
  surelyHeld(ttlMs: number): number;
  /** Renews it at the server; rejects with `LeaseNotFoundError` if there is none any more, which ends it. */
  keepAlive(id: string, options: { readonly signal?: AbortSignal | undefined }): Promise<void>;
  /** Ends it at the server; on this side it has ended already. */
  revoke(id: string): Promise<void>;
  /** Called once, when the lease has ended on this side. */
  ended(lease: HeldLease): void;
}

/**
 * A lease that a server keeps, as its holder sees it: what a driver's `grantLease` answers with. Once its own deadline is
 * over it has ended, whatever the server says.
 *
 * @remarks
 * The deadline counts from `sentAt`, when the request for it was sent, so that it is never later than the server's; a
 * renewal that was answered moves it. A driver ends its leases when it closes, or learns that the server has lost them.
 *
 * @example
 * ```ts
 * import { systemRuntime } from "keelson/core";
 * import { HeldLease, LeaseNotFoundError } from "keelson/store";
 *
 * const calls: string[] = [];
 * const home = {
 *   runtime: systemRuntime(),
 *   surelyHeld: (ttlMs: number) => ttlMs - 500, // what clocks may differ by
 *   keepAlive: async (id: string) => void calls.push(`renew ${id}`), // calls of your server
 *   revoke: async (id: string) => void calls.push(`revoke ${id}`),
 *   ended: ({ id }: { id: string }) => void calls.push(`${id} has ended`),
 * };
 * const lease = new HeldLease(home, { id: "7", ttlMs: 10_000, sentAt: home.runtime.now() });
 * await lease.keepAliveOnce();
 * lease.signal.aborted // => false
 * lease.end(new LeaseNotFoundError("7")); // the server has said so
 * lease.signal.aborted // => true
 * calls // => ["renew 7", "7 has ended"]
 * ```
 */
export class HeldLease implements Lease {
  readonly id: string;
  readonly ttlMs: number;
  readonly #home: LeaseHome;
  readonly #link = new LinkedSignal();
  readonly #timer: TimerHandle;
  #deadline: number;
  #end: { readonly reason: unknown } | undefined = undefined;

  constructor(home: LeaseHome, { id, ttlMs, sentAt }: Pick<Lease, "id" | "ttlMs"> & { readonly sentAt: number }) {
    const { runtime } = home;
    this.id = id;
    this.ttlMs = ttlMs;
    this.#home = home;
    this.#deadline = sentAt + home.surelyHeld(ttlMs);
    const expire = (): void => {
      this.end(new LeaseNotFoundError(this.id));
    };
    this.#timer = runtime.timer(Math.max(0, this.#deadline - runtime.now()), expire, "store.lease deadline");
    this.#timer.unref();
    this.#tell("granted");
  }

  get signal(): AbortSignal {
    this.#endIfLate();
    return this.#link.signal;
  }

  deadline(): number {
    return this.#deadline;
  }

  async keepAliveOnce(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    options.signal?.throwIfAborted();
    this.#check();
    const { runtime } = this.#home;
    const sentAt = runtime.now();
    try {
      await this.#home.keepAlive(this.id, options);
    } catch (error) {
      if (error instanceof LeaseNotFoundError) this.end(error);
      throw error;
    }
    this.#check();
    this.#deadline = Math.max(this.#deadline, sentAt + this.#home.surelyHeld(this.ttlMs));
    this.#timer.reset(Math.max(0, this.#deadline - runtime.now()));
    this.#tell("renewed");
  }

  async revoke(): Promise<void> {
    this.end(new LeaseNotFoundError(this.id));
    await this.#home.revoke(this.id);
  }

  /** The same as {@link HeldLease.revoke}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.revoke();
  }

  /** Ends it on this side, once: `signal` aborts with the reason. */
  end(reason: unknown): void {
    if (this.#end !== undefined) return;
    this.#end = { reason };
    this.#deadline = Math.min(this.#deadline, this.#home.runtime.now());
    this.#timer[Symbol.dispose]();
    this.#home.ended(this);
    this.#link.abort(reason);
    this.#tell("ended");
  }

  #tell(event: LeaseEvent["event"]): void {
    const { driver } = this.#home;
    if (driver === undefined || !leased.hasSubscribers) return;
    leased.publish(Object.freeze({ driver, lease: this.id, event, ttlMs: this.ttlMs }));
  }

  #check(): void {
    this.#endIfLate();
    if (this.#end !== undefined) throw this.#end.reason;
  }

  /** Its timer may be late, as after a pause of the whole process. */
  #endIfLate(): void {
    if (this.#home.runtime.now() >= this.#deadline) this.end(new LeaseNotFoundError(this.id));
  }
}
