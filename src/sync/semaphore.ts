import { currentRuntime } from "../core/ambient.js";
import { checkInteger } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import { PermitQueue } from "../core/permit-queue.js";
import type { Runtime } from "../core/runtime.js";
import { DISABLED, type Selectable } from "../core/selectable.js";
import { type WaitOptions, park, wait } from "../core/wait.js";
import { SemaphoreClosedError } from "./errors.js";
import { GrantSource, type OnClosed } from "../core/grant-source.js";
import { HeldPermit, type SemaphorePermit } from "./permit.js";

/** Where a lock's waits run. */
export interface SyncOptions {
  /** Wakes and timeouts. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * A number of permits that may be held across awaits.
 *
 * @remarks
 * Strictly first come, first served: a permit that comes back goes to the one at the head of the queue, which gathers
 * as many as it wants, so that big requests do not starve and nobody barges past. To bound how many calls of a function
 * run at once, a limiter is simpler.
 *
 * @example
 * ```ts
 * import { Semaphore } from "keelson/sync";
 *
 * const connections = new Semaphore(2);
 * {
 *   using connection = await connections.acquire();
 *   connections.availablePermits // => 1
 *   connection.count // => 1
 * }
 * connections.availablePermits // => 2
 * ```
 */
export class Semaphore {
  static {
    showing(this, "Semaphore", "availablePermits", "isClosed");
  }

  readonly #runtime: Runtime;
  readonly #queue: PermitQueue;
  readonly #grant: (count: number) => SemaphorePermit;
  readonly #one: GrantSource<SemaphorePermit>;

  /** @throws RangeError when `permits` is not a non-negative integer. */
  constructor(permits: number, { runtime = currentRuntime() }: SyncOptions = {}) {
    checkInteger("permits", permits, 0);
    this.#runtime = runtime;
    const queue = new PermitQueue(permits);
    this.#queue = queue;
    this.#grant = (count) => new HeldPermit(this, queue, count);
    this.#one = this.#source(1, closedError);
  }

  /** How many permits are free; those set aside for the head of the queue are not. */
  get availablePermits(): number {
    return this.#queue.available;
  }

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#queue.isClosed;
  }

  /**
   * Takes `count` permits, waiting for them in the order of the calls.
   *
   * @remarks
   * More permits than there are is no error, since {@link Semaphore.addPermits} may bring them.
   * **Cancel safety.** An abort returns what was gathered and loses only the place in the queue.
   * @throws SemaphoreClosedError once closed; the signal's reason, unchanged; TimeoutError; RangeError when `count` is
   * not a non-negative integer.
   */
  acquire(count = 1, options?: WaitOptions): Promise<SemaphorePermit> {
    const queue = this.#queue;
    // The usual case by itself: so short that it is compiled into whoever calls it.
    if (count === 1 && options === undefined && !queue.isClosed) {
      if (queue.tryTake(1)) return this.#runtime.ready(new HeldPermit(this, queue, 1));
      return park(this.#runtime, "Semaphore.acquire", this.#one);
    }
    try {
      const source = count === 1 ? this.#one : this.#source(count, closedError);
      return wait(this.#runtime, "Semaphore.acquire", source, options);
    } catch (error) {
      return Promise.reject(error); // a count out of range is like every other failure of it
    }
  }

  /**
   * Takes `count` permits if they are free and nobody waits; otherwise `undefined`.
   *
   * @throws RangeError when `count` is not a non-negative integer.
   */
  tryAcquire(count = 1): SemaphorePermit | undefined {
    checkInteger("count", count, 0);
    return this.#queue.tryTake(count) ? this.#grant(count) : undefined;
  }

  /**
   * The wait for `count` permits as a branch of `select`; the branch is disabled once the semaphore is closed.
   *
   * @throws RangeError when `count` is not a non-negative integer.
   */
  permits(count = 1): Selectable<SemaphorePermit> {
    return { "~source": this.#source(count, DISABLED) };
  }

  /**
   * Brings `count` new permits, also when closed.
   *
   * @throws RangeError when `count` is not a non-negative integer, or there would be more than `2 ** 53 - 1`.
   */
  addPermits(count: number): void {
    checkInteger("count", count, 0, Number.MAX_SAFE_INTEGER - this.#queue.available);
    this.#queue.give(count);
  }

  /**
   * Takes up to `count` free permits away for good; returns how many.
   *
   * @throws RangeError when `count` is not a non-negative integer.
   */
  forgetPermits(count: number): number {
    checkInteger("count", count, 0);
    const forgotten = Math.min(count, this.#queue.available);
    this.#queue.give(-forgotten);
    return forgotten;
  }

  /** Grants no permits any more: those who wait, and all later calls, get a {@link SemaphoreClosedError}. */
  close(): void {
    this.#queue.close();
  }

  #source(count: number, onClosed: OnClosed): GrantSource<SemaphorePermit> {
    checkInteger("count", count, 0);
    return new GrantSource(this.#queue, count, this.#grant, onClosed);
  }
}

function closedError(): Error {
  return new SemaphoreClosedError();
}
