import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import { notThenable } from "../core/not-thenable.js";
import type { Runtime } from "../core/runtime.js";
import type { Selectable } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { LockedValue } from "./locked-value.js";
import { GrantSource } from "../core/grant-source.js";
import type { SyncOptions } from "./semaphore.js";

/** The hold on a {@link Mutex}, and through it on the value. */
export interface MutexGuard<T> extends Disposable {
  /**
   * The value that the mutex protects.
   *
   * @throws TypeError when the guard was released before.
   */
  value: T;
  /** The mutex it holds. */
  readonly mutex: Mutex<T>;
  /** Whether it still holds it. */
  readonly isHeld: boolean;
  /** Lets the next one in; doing so again does nothing. The same as disposing it. */
  release(): void;
  /** The same as {@link MutexGuard.release}. */
  [Symbol.dispose](): void;
}

/**
 * A value that one holder at a time may use across awaits, served strictly in the order of the calls.
 *
 * @remarks It is not re-entrant: locking it again while holding it waits for ever.
 *
 * @example
 * ```ts
 * import { Mutex } from "keelson/sync";
 *
 * const balance = new Mutex(100);
 * await balance.runExclusive(async (guard) => {
 *   const before = guard.value;
 *   await Promise.resolve(); // nobody else gets in meanwhile
 *   guard.value = before - 30;
 * });
 * using guard = await balance.lock();
 * guard.value // => 70
 * ```
 */
export class Mutex<T = undefined> {
  static {
    showing(this, "Mutex", "isLocked");
  }

  readonly #runtime: Runtime;
  readonly #source: GrantSource<MutexGuard<T>>;
  readonly #locked: LockedValue<T>;

  /** A mutex that protects `value`. */
  constructor(value: T, options?: SyncOptions);
  /** A mutex that protects no value. */
  constructor(...none: undefined extends T ? [] : [value: T]);
  constructor(value?: T, { runtime = currentRuntime() }: SyncOptions = {}) {
    this.#runtime = runtime;
    const locked = new LockedValue(1, value as T);
    this.#locked = locked;
    this.#source = new GrantSource(locked, 1, () => new HeldMutex(this, locked));
  }

  /** Whether somebody holds it. */
  get isLocked(): boolean {
    return this.#locked.available === 0;
  }

  /**
   * Waits until it is free, and holds it.
   *
   * @remarks **Cancel safety.** An abort loses only the place in the queue.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  lock(options?: WaitOptions): Promise<MutexGuard<T>> {
    // The usual case by itself: so short that it is compiled into whoever calls it.
    const locked = this.#locked;
    if (options === undefined && locked.tryTake(1)) return this.#runtime.ready(new HeldMutex(this, locked));
    return wait(this.#runtime, "Mutex.lock", this.#source, options);
  }

  /** Holds it if it is free and nobody waits; otherwise `undefined`. */
  tryLock(): MutexGuard<T> | undefined {
    return this.#source.take();
  }

  /**
   * Runs `use` while holding it, and releases it when that has settled.
   *
   * @remarks **Cancel safety.** An abort while waiting loses only the place in the queue; once `use` has begun it is
   * not interrupted.
   * @throws Whatever `use` throws; the signal's reason, unchanged; TimeoutError when it was not locked in time.
   */
  async runExclusive<R>(use: (guard: MutexGuard<T>) => R | PromiseLike<R>, options?: WaitOptions): Promise<R> {
    checkFunction("use", use);
    using guard = await this.lock(options);
    return await use(guard);
  }

  /** The wait for the lock as a branch of `select`. */
  guard(): Selectable<MutexGuard<T>> {
    return { "~source": this.#source };
  }
}

class HeldMutex<T> implements MutexGuard<T> {
  static {
    notThenable(this);
    showing(this, "MutexGuard", "isHeld");
  }

  readonly mutex: Mutex<T>;
  private locked: LockedValue<T> | undefined;

  constructor(mutex: Mutex<T>, locked: LockedValue<T>) {
    this.mutex = mutex;
    this.locked = locked;
  }

  get isHeld(): boolean {
    return this.locked !== undefined;
  }

  get value(): T {
    return this.held().value;
  }

  set value(value: T) {
    this.held().value = value;
  }

  release(): void {
    const { locked } = this;
    this.locked = undefined;
    locked?.give(1);
  }

  [Symbol.dispose](): void {
    this.release();
  }

  private held(): LockedValue<T> {
    if (this.locked === undefined) throw new TypeError("Expected the guard to hold its mutex, but it was released");
    return this.locked;
  }
}
