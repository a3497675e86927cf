import { checkInteger } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import { notThenable } from "../core/not-thenable.js";
import type { PermitQueue } from "../core/permit-queue.js";
import type { Semaphore } from "./semaphore.js";

/** Permits taken from a {@link Semaphore}; they go back when it is released. */
export interface SemaphorePermit extends Disposable {
  /** How many permits it stands for; 0 once released, forgotten or merged. */
  readonly count: number;
  /** Where they came from. */
  readonly semaphore: Semaphore;
  /** Gives the permits back; doing so again does nothing. The same as disposing it. */
  release(): void;
  /** Drops the permits for good: the semaphore has that many fewer from then on. */
  forget(): void;
  /**
   * Takes over the permits of `other`.
   *
   * @throws TypeError when `other` is itself, or comes from another semaphore.
   */
  merge(other: SemaphorePermit): void;
  /**
   * Splits `count` permits off; `undefined` when it has fewer.
   *
   * @throws RangeError when `count` is not a non-negative integer.
   */
  split(count: number): SemaphorePermit | undefined;
  /** The same as {@link SemaphorePermit.release}. */
  [Symbol.dispose](): void;
}

/** @internal */
export class HeldPermit implements SemaphorePermit {
  static {
    notThenable(this);
    showing(this, "SemaphorePermit", "count");
  }

  count: number;
  readonly semaphore: Semaphore;
  private readonly queue: PermitQueue;

  constructor(semaphore: Semaphore, queue: PermitQueue, count: number) {
    this.semaphore = semaphore;
    this.queue = queue;
    this.count = count;
  }

  release(): void {
    const { count } = this;
    if (count === 0) return;
    this.count = 0;
    this.queue.give(count);
  }

  forget(): void {
    this.count = 0;
  }

  merge(other: SemaphorePermit): void {
    if (!(other instanceof HeldPermit) || other === this || other.semaphore !== this.semaphore) {
      throw new TypeError("Expected `other` to be another permit of the same semaphore");
    }
    this.count += other.count;
    other.count = 0;
  }

  split(count: number): SemaphorePermit | undefined {
    checkInteger("count", count, 0);
    if (count > this.count) return undefined;
    this.count -= count;
    return new HeldPermit(this.semaphore, this.queue, count);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}
