import { currentRuntime } from "../core/ambient.js";
import { showing } from "../core/inspectable.js";
import { List } from "../core/list.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Selectable, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { SyncOptions } from "./semaphore.js";

/**
 * A bell: wakes one waiter or all of them, and remembers at most one ring that nobody heard.
 *
 * @remarks As a branch of `select` it is ready when this wait is notified.
 *
 * @example
 * ```ts
 * import { Notify } from "keelson/sync";
 *
 * const changed = new Notify();
 * changed.notifyOne();
 * changed.notifyOne(); // nobody waits: still one
 * await changed.notified();
 * const next = changed.notified();
 * changed.notifyWaiters();
 * await next;
 * ```
 */
export class Notify implements Selectable<void> {
  static {
    showing(this, "Notify");
  }

  readonly #runtime: Runtime;
  readonly #waiters = new List<Waiter<void>>();
  #isStored = false;

  constructor({ runtime = currentRuntime() }: SyncOptions = {}) {
    this.#runtime = runtime;
  }

  readonly "~source": Source<void> = {
    poll: () => {
      if (!this.#isStored) return PENDING;
      this.#isStored = false;
      return undefined;
    },
    arm: (waiter) => {
      this.#waiters.push(waiter);
    },
    disarm: (waiter) => {
      waiter.unlink();
    },
  };

  /**
   * Takes the stored notification, or waits for one; it is registered by the call, before anything is awaited.
   *
   * @remarks **Cancel safety.** An abort loses only the place in the queue: no notification goes to who has left.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  notified(options?: WaitOptions): Promise<void> {
    return wait(this.#runtime, "Notify.notified", this["~source"], options);
  }

  /** Wakes who has waited longest; where nobody waits, one notification is stored. */
  notifyOne(): void {
    this.#notify(this.#waiters.first);
  }

  /** Wakes who has waited shortest; where nobody waits, one notification is stored. */
  notifyLast(): void {
    this.#notify(this.#waiters.last);
  }

  /** Wakes everybody who waits now, and stores nothing. */
  notifyWaiters(): void {
    for (let waiter = this.#waiters.shift(); waiter !== undefined; waiter = this.#waiters.shift()) waiter.commit();
  }

  #notify(waiter: Waiter<void> | undefined): void {
    if (waiter === undefined) {
      this.#isStored = true;
      return;
    }
    waiter.unlink();
    waiter.commit();
  }
}
