import { currentRuntime } from "../core/ambient.js";
import { checkInteger } from "../core/check.js";
import { CountedList } from "../core/counted-list.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { SyncOptions } from "./semaphore.js";

/** What {@link Barrier.wait} tells one who was let through. */
export interface BarrierPass {
  /** Whether it came last; exactly one of each round did. */
  readonly leader: boolean;
}

/**
 * Lets `parties` callers through together, round after round.
 *
 * @example
 * ```ts
 * import { Barrier } from "keelson/sync";
 *
 * const ready = new Barrier(2);
 * await Promise.all([ready.wait(), ready.wait()]) // => [{ leader: false }, { leader: true }]
 * ```
 */
export class Barrier {
  readonly #runtime: Runtime;
  readonly #parties: number;
  readonly #arrived = new CountedList<Waiter<BarrierPass>>();
  readonly #source: Source<BarrierPass> = {
    poll: () => this.#arrive(),
    arm: (waiter) => {
      this.#arrived.push(waiter);
    },
    disarm: (waiter) => {
      waiter.unlink();
    },
  };

  /** @throws RangeError when `parties` is not a non-negative integer; 0 counts as 1. */
  constructor(parties: number, { runtime = currentRuntime() }: SyncOptions = {}) {
    checkInteger("parties", parties, 0);
    this.#parties = parties;
    this.#runtime = runtime;
  }

  /**
   * Waits until as many have come as it takes, and says who came last.
   *
   * @remarks **Cancel safety.** An abort takes the arrival back: the round then waits for another one. (Tokio's barrier
   * keeps counting who has gone.)
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  wait(options?: WaitOptions): Promise<BarrierPass> {
    return wait(this.#runtime, "Barrier.wait", this.#source, options);
  }

  #arrive(): BarrierPass | typeof PENDING {
    if (this.#arrived.length + 1 < this.#parties) return PENDING;
    for (let next = this.#arrived.shift(); next !== undefined; next = this.#arrived.shift()) {
      next.commit({ leader: false });
    }
    return { leader: true };
  }
}
