import { currentRuntime } from "../core/ambient.js";
import { checkFunction, checkInteger, checkMethod, checkName } from "../core/check.js";
import { type Duration, toMs } from "../core/duration.js";
import { TimeoutError } from "../core/errors.js";
import { LinkedSignal } from "../core/linked-signal.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import type { StateStore } from "../store/index.js";
import { contendersOf } from "./contenders.js";
import { Contest } from "./contest.js";
import { type Hold, LeasedHold } from "./hold.js";
import { checkTtl } from "./times.js";

/** A lock that is held; dispose it, or {@link HeldLock.release} it, to let the next one have it. */
export interface HeldLock extends Hold, AsyncDisposable {
  /**
   * Gives it back, at once where the store can be reached, else when its lease runs out; harmless when it is over.
   *
   * @remarks Never rejects, and takes three seconds at most.
   */
  release(): Promise<void>;
}

/** A lock that processes share through a store. */
export interface DistributedLock {
  /** What it is called in the store. */
  readonly key: string;
  /** How many may hold it at a time. */
  readonly permits: number;
  /**
   * Waits until it is free, in the order of the calls in all processes, and holds it.
   *
   * @remarks
   * It waits through failures of the store that pass; bound that with `timeout`.
   * **Cancel safety.** After an abort it is not held and its place in the queue is given back, which takes three seconds
   * at most; where the store can't be reached the place goes with its lease.
   * @throws The signal's reason, unchanged; TimeoutError; the store's error where trying again would not help.
   */
  acquire(options?: WaitOptions): Promise<HeldLock>;
  /**
   * Holds it if it is free and nobody waits; otherwise `undefined`.
   *
   * @remarks **Cancel safety.** As for {@link DistributedLock.acquire}.
   * @throws The signal's reason, unchanged; the store's error.
   */
  tryAcquire(options?: { readonly signal?: AbortSignal | undefined }): Promise<HeldLock | undefined>;
  /**
   * Runs `use` while holding it, and releases it when that has settled.
   *
   * @remarks
   * **Cancel safety.** As for {@link DistributedLock.acquire} while waiting; once `use` has begun it is not interrupted,
   * but should listen to `lock.signal`.
   * @throws LeaseLostError when it was lost before `use` had ended, whose work may have met another's; else whatever
   * `use` throws, or as {@link DistributedLock.acquire}.
   */
  run<R>(use: (lock: HeldLock) => R | PromiseLike<R>, options?: WaitOptions): Promise<R>;
}

/** How {@link mutex} and {@link semaphore} hold what they hold. */
export interface LockOptions {
  /** Who holds it: the others can read it. @defaultValue a unique name */
  readonly identity?: string;
  /** How long it stays held after the process dies; 2 s at least. @defaultValue `"30s"` */
  readonly ttl?: Duration;
  /** How long after a failure of the store it is tried again, ± 20 %. @defaultValue `"2s"` */
  readonly retry?: Duration;
  /** Clocks, timers and chance. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/** @internal */
export class StoreLock implements DistributedLock {
  readonly key: string;
  readonly permits: number;
  readonly #runtime: Runtime;
  readonly #contest: Contest;

  constructor(store: StateStore, key: string, permits: number, options: LockOptions) {
    checkMethod("store", store, "txn");
    const { runtime = currentRuntime(), ttl = "30s", retry = "2s" } = options;
    const { identity = runtime.id(runtime.host) } = options;
    checkName("identity", identity);
    checkInteger("permits", permits, 1);
    this.key = key;
    this.permits = permits;
    this.#runtime = runtime;
    const times = { ttlMs: checkTtl(ttl), retryMs: toMs(retry, "retry") };
    this.#contest = new Contest({ store, key, prefix: contendersOf(key), identity, permits, runtime, ...times });
  }

  async acquire({ signal, timeout: patience }: WaitOptions = {}): Promise<HeldLock> {
    if (patience === undefined) return new StoreLockHold(await this.#contest.win(signal));
    const ms = toMs(patience, "timeout");
    if (ms === 0) {
      const lock = await this.tryAcquire({ signal });
      if (lock === undefined) throw new TimeoutError(0);
      return lock;
    }
    using link = new LinkedSignal(signal);
    const giveUp = (): void => {
      link.abort(new TimeoutError(ms));
    };
    using _deadline = this.#runtime.timer(ms, giveUp, "cluster.acquire timeout");
    return new StoreLockHold(await this.#contest.win(link.signal));
  }

  async tryAcquire({ signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<HeldLock | undefined> {
    const hold = await this.#contest.tryWin(signal);
    return hold === undefined ? undefined : new StoreLockHold(hold);
  }

  async run<R>(use: (lock: HeldLock) => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    checkFunction("use", use);
    await using lock = await this.acquire(options);
    const result = await use(lock);
    lock.assertHeld();
    return result;
  }
}

class StoreLockHold extends LeasedHold implements HeldLock {
  constructor({ lease, key, token }: LeasedHold) {
    super(lease, key, token);
    lease.unref();
  }

  release(): Promise<void> {
    return this.lease.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.release();
  }
}
