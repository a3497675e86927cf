import { currentRuntime } from "../core/ambient.js";
import { checkInteger } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import type { Selectable } from "../core/selectable.js";
import type { Runtime } from "../core/runtime.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { LockedValue } from "./locked-value.js";
import { GrantSource } from "../core/grant-source.js";
import type { SyncOptions } from "./semaphore.js";

/** How many may read at once, and where waits run. */
export interface RwLockOptions extends SyncOptions {
  /** How many may read at once. @defaultValue `2 ** 29 - 1` */
  readonly maxReaders?: number | undefined;
}

/** The right to read what a {@link RwLock} protects, together with other readers. */
export interface ReadGuard<T> extends Disposable {
  /**
   * The value.
   *
   * @throws TypeError when the guard was released before.
   */
  readonly value: T;
  /** Whether it still holds the lock. */
  readonly isHeld: boolean;
  /** Gives the right back; doing so again does nothing. The same as disposing it. */
  release(): void;
  /** The same as {@link ReadGuard.release}. */
  [Symbol.dispose](): void;
}

/** The right to write what a {@link RwLock} protects, alone. */
export interface WriteGuard<T> extends Disposable {
  /**
   * The value.
   *
   * @throws TypeError when the guard was released or downgraded before.
   */
  value: T;
  /** Whether it still holds the lock for writing. */
  readonly isHeld: boolean;
  /**
   * Becomes a reader without letting a writer in between; readers at the head of the queue come in, too.
   *
   * @throws TypeError when the guard was released or downgraded before.
   */
  downgrade(): ReadGuard<T>;
  /** Gives the right back; doing so again does nothing. The same as disposing it. */
  release(): void;
  /** The same as {@link WriteGuard.release}. */
  [Symbol.dispose](): void;
}

/**
 * A value that many may read or one may write across awaits.
 *
 * @remarks
 * Strictly first come, first served: a writer that waits holds back readers that come after it, so that it is never
 * starved. Reading again while holding a read guard may therefore wait for ever.
 *
 * @example
 * ```ts
 * import { RwLock } from "keelson/sync";
 *
 * const routes = new RwLock<readonly string[]>([]);
 * {
 *   using writer = await routes.write();
 *   writer.value = ["/health"];
 *   routes.tryRead() // => undefined
 * }
 * using one = await routes.read();
 * using other = await routes.read();
 * other.value // => ["/health"]
 * ```
 */
export class RwLock<T> {
  readonly #runtime: Runtime;
  readonly #read: GrantSource<ReadGuard<T>>;
  readonly #write: GrantSource<WriteGuard<T>>;

  /** @throws RangeError when `maxReaders` is not an integer of at least 1. */
  constructor(value: T, { maxReaders = 2 ** 29 - 1, runtime = currentRuntime() }: RwLockOptions = {}) {
    checkInteger("maxReaders", maxReaders, 1);
    this.#runtime = runtime;
    const locked = new LockedValue(maxReaders, value);
    this.#read = new GrantSource(locked, 1, () => new HeldRead(locked));
    this.#write = new GrantSource(locked, maxReaders, (all) => new HeldWrite(locked, all));
  }

  /**
   * Waits for the right to read.
   *
   * @remarks **Cancel safety.** An abort loses only the place in the queue.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  read(options?: WaitOptions): Promise<ReadGuard<T>> {
    return wait(this.#runtime, "RwLock.read", this.#read, options);
  }

  /**
   * Waits for the right to write.
   *
   * @remarks **Cancel safety.** An abort loses only the place in the queue.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  write(options?: WaitOptions): Promise<WriteGuard<T>> {
    return wait(this.#runtime, "RwLock.write", this.#write, options);
  }

  /** The right to read if it is to be had now; otherwise `undefined`. */
  tryRead(): ReadGuard<T> | undefined {
    return this.#read.take();
  }

  /** The right to write if it is to be had now; otherwise `undefined`. */
  tryWrite(): WriteGuard<T> | undefined {
    return this.#write.take();
  }

  /** The wait for the right to read as a branch of `select`. */
  reading(): Selectable<ReadGuard<T>> {
    return { "~source": this.#read };
  }

  /** The wait for the right to write as a branch of `select`. */
  writing(): Selectable<WriteGuard<T>> {
    return { "~source": this.#write };
  }
}

class HeldRead<T> implements ReadGuard<T> {
  static {
    showing(this, "ReadGuard", "isHeld");
  }

  isHeld = true;
  private readonly locked: LockedValue<T>;

  constructor(locked: LockedValue<T>) {
    this.locked = locked;
  }

  get value(): T {
    checkHeld(this.isHeld);
    return this.locked.value;
  }

  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.locked.give(1);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

class HeldWrite<T> implements WriteGuard<T> {
  static {
    showing(this, "WriteGuard", "isHeld");
  }

  isHeld = true;
  private readonly locked: LockedValue<T>;
  private readonly permits: number;

  constructor(locked: LockedValue<T>, permits: number) {
    this.locked = locked;
    this.permits = permits;
  }

  get value(): T {
    checkHeld(this.isHeld);
    return this.locked.value;
  }

  set value(value: T) {
    checkHeld(this.isHeld);
    this.locked.value = value;
  }

  downgrade(): ReadGuard<T> {
    checkHeld(this.isHeld);
    this.isHeld = false;
    const reader = new HeldRead(this.locked);
    this.locked.give(this.permits - 1);
    return reader;
  }

  release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.locked.give(this.permits);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

function checkHeld(isHeld: boolean): void {
  if (!isHeld) throw new TypeError("Expected the guard to hold its lock, but it was released");
}
