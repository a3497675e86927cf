import { currentRuntime } from "../core/ambient.js";
import { showing } from "../core/inspectable.js";
import { Latch } from "../core/latch.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Selectable, type Source } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { SyncOptions } from "./semaphore.js";

/** How a {@link SetOnce} is made. */
export interface SetOnceOptions<T> extends SyncOptions {
  /** The value it has from the start. @defaultValue none */
  readonly value?: T | undefined;
}

/**
 * A value that is set once and that anybody can wait for.
 *
 * @remarks As a branch of `select` it is ready once set. Do not store promises: waiting would wait for them, too.
 *
 * @example
 * ```ts
 * import { SetOnce } from "keelson/sync";
 *
 * const address = new SetOnce<string>();
 * const waiting = address.wait();
 * address.set("10.0.0.7") // => true
 * address.set("10.0.0.8") // => false
 * await waiting // => "10.0.0.7"
 * ```
 */
export class SetOnce<T> implements Selectable<T> {
  static {
    showing(this, "SetOnce", "isInitialized");
  }

  readonly #runtime: Runtime;
  #content: { readonly value: T } | undefined = undefined;
  readonly #latch = new Latch<T>(() => (this.#content === undefined ? PENDING : this.#content.value));

  constructor({ value, runtime = currentRuntime() }: SetOnceOptions<T> = {}) {
    this.#runtime = runtime;
    if (value !== undefined) this.#content = { value };
  }

  get "~source"(): Source<T> {
    return this.#latch;
  }

  /** Whether it was set. */
  get isInitialized(): boolean {
    return this.#content !== undefined;
  }

  /** The value; `undefined` until it is set. */
  get(): T | undefined {
    return this.#content?.value;
  }

  /** Sets the value for everybody who waits; `false`, and nothing changes, when it was set before. */
  set(value: T): boolean {
    if (this.#content !== undefined) return false;
    this.#content = { value };
    this.#latch.open(value);
    return true;
  }

  /**
   * Waits for the value.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  wait(options?: WaitOptions): Promise<T> {
    return wait(this.#runtime, "SetOnce.wait", this.#latch, options);
  }
}
