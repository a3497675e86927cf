import { isKeelsonError } from "../core/errors.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime, TimerHandle } from "../core/runtime.js";
import type { Lease, StateStore } from "../store/index.js";
import { attempt } from "./attempt.js";
import { LeaseLostError, type LeaseLoss } from "./errors.js";
import { spread } from "./spread.js";

/** Both clocks at one instant. */
interface Instant {
  readonly now: number;
  readonly wall: number;
}

/** What a lease is kept alive with. */
export interface KeepOptions {
  readonly runtime: Runtime;
  readonly ttlMs: number;
  /** What is held by it, for errors. */
  readonly key: string;
}

/** How often at least both clocks are looked at, in parts of the time to live. */
const looksPerTtl = 15;
const longestBetweenLooks = 1_000;
/** How often it is tried to give a lease back, and how long each time: who waits for that must not wait long. */
const revocations = 2;
const revocationMs = 1_000;

/**
 * Of a time to live, how much its holder counts on from when it sent its last renewal that was answered: a third is
 * left for clocks that run at different rates, a tenth and half a second for a store that is quick to end leases.
 */
function surelyHeld(ttlMs: number): number {
  return Math.min((2 / 3) * ttlMs, 0.9 * ttlMs - 500);
}

/**
 * A lease that is renewed until it is released or lost. Its end is known without asking anybody: by a deadline on the
 * monotonic clock, and by the same time elapsed on the wall clock, which goes on while a laptop sleeps.
 *
 * @internal
 */
export class KeptLease {
  readonly id: string;
  readonly #lease: Lease;
  readonly #options: KeepOptions;
  readonly #holdMs: number;
  readonly #end = new LinkedSignal();
  readonly #timer: TimerHandle;
  #loss: LeaseLoss | undefined = undefined;
  #renewed: Instant;
  #nextRenewal: number;
  #renewal: Promise<void> | undefined = undefined;
  #released: Promise<void> | undefined = undefined;
  /** What the last renewal failed with; nothing once one was answered. */
  failure: { readonly error: unknown } | undefined = undefined;

  private constructor(lease: Lease, options: KeepOptions, sent: Instant) {
    const { runtime } = options;
    this.id = lease.id;
    this.#lease = lease;
    this.#options = options;
    this.#holdMs = surelyHeld(lease.ttlMs);
    this.#renewed = sent;
    this.#nextRenewal = sent.now + lease.ttlMs / 3;
    const look = (): void => {
      this.#look();
    };
    this.#timer = runtime.timer(Number.POSITIVE_INFINITY, look, "cluster.lease renewal");
    lease.signal.addEventListener("abort", this.#onGone);
    if (lease.signal.aborted) this.#onGone();
    else this.#look();
  }

  /** Asks for a lease, which is kept alive from then on. */
  static async grant(store: StateStore, options: KeepOptions, signal?: AbortSignal): Promise<KeptLease> {
    const { runtime, ttlMs } = options;
    const sent = instant(runtime);
    const lease = await attempt(runtime, ttlMs, signal, async (wanted) => {
      const granted = await store.grantLease(ttlMs, { signal: wanted });
      if (wanted.aborted) granted.revoke().catch(() => undefined); // too late: nobody waits for it
      return granted;
    });
    return new KeptLease(lease, options, sent);
  }

  /** Aborts with a {@link LeaseLostError} by the deadline, or when it is released. */
  get signal(): AbortSignal {
    return this.#end.signal;
  }

  /** Until when it is held for sure, on the monotonic clock. */
  deadline(): number {
    return this.#renewed.now + this.#holdMs;
  }

  /** Whether it is held now, by the clocks alone. Once it is not, it will never be again. */
  isHeld(): boolean {
    if (this.#loss !== undefined) return false;
    const { now, wall } = instant(this.#options.runtime);
    if (now < this.deadline() && wall - this.#renewed.wall < this.#holdMs) return true;
    this.#lose("expired", this.failure?.error);
    return false;
  }

  /** Whether it is over without having been released. */
  get isLost(): boolean {
    return !this.isHeld() && this.#loss !== "released";
  }

  /** What to throw once it is over. */
  lost(): unknown {
    return this.#end.signal.reason;
  }

  /** Lets the process end while it is kept. */
  unref(): void {
    this.#timer.unref();
  }

  /** Gives it back; harmless when it is over. Never rejects: what can't be revoked expires. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  readonly #onGone = (): void => {
    this.#lose("gone", this.#lease.signal.reason);
  };

  #lose(loss: LeaseLoss, cause?: unknown): void {
    if (this.#loss !== undefined) return;
    this.#loss = loss;
    this.#timer[Symbol.dispose]();
    this.#lease.signal.removeEventListener("abort", this.#onGone);
    this.#end.abort(new LeaseLostError({ key: this.#options.key, loss }, cause === undefined ? undefined : { cause }));
  }

  #look(): void {
    if (!this.isHeld()) return;
    const now = this.#options.runtime.now();
    if (now >= this.#nextRenewal) this.#renewal ??= this.#renew();
    const patience = Math.min(longestBetweenLooks, this.#lease.ttlMs / looksPerTtl);
    const next = Math.min(this.deadline(), this.#renewal === undefined ? this.#nextRenewal : Infinity, now + patience);
    this.#timer.reset(next - now);
  }

  async #renew(): Promise<void> {
    const { runtime } = this.#options;
    const { ttlMs } = this.#lease;
    const sent = instant(runtime);
    try {
      await attempt(runtime, ttlMs / 5, this.#end.signal, (signal) => this.#lease.keepAliveOnce({ signal }));
      // An answer that comes when the deadline is over comes too late: others were told so already.
      if (!this.isHeld()) return;
      this.#renewed = sent;
      this.#nextRenewal = sent.now + ttlMs / 3;
      this.failure = undefined;
    } catch (error) {
      if (this.#loss !== undefined) return;
      this.failure = { error };
      this.#nextRenewal = runtime.now() + spread(runtime, Math.min(2_000, ttlMs / 10));
      if (isKeelsonError(error, "STORE_LEASE_NOT_FOUND") || isKeelsonError(error, "STORE_CLOSED")) {
        this.#lose("gone", error);
      }
    } finally {
      this.#renewal = undefined;
      this.#look();
    }
  }

  async #release(): Promise<void> {
    this.#lose("released");
    const { runtime } = this.#options;
    // Where a renewal under way could bring a revoked lease back, it must be over first; the signal has aborted it.
    await this.#renewal;
    for (let tries = 1; tries <= revocations; tries += 1) {
      try {
        await attempt(runtime, revocationMs, undefined, () => this.#lease.revoke());
        return;
      } catch (error) {
        if (isKeelsonError(error, "STORE_LEASE_NOT_FOUND") || isKeelsonError(error, "STORE_CLOSED")) return;
        if (tries < revocations) await runtime.sleep(spread(runtime, revocationMs / 10));
      }
    }
  }
}

function instant(runtime: Runtime): Instant {
  return { now: runtime.now(), wall: runtime.wallNow() };
}
