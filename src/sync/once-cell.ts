import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import { TimeoutError } from "../core/errors.js";
import { type Duration, toMs } from "../core/duration.js";
import { showing } from "../core/inspectable.js";
import { LinkedSignal } from "../core/linked-signal.js";
import { List } from "../core/list.js";
import { type OperationContext, isAbortOf } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import type { SyncOptions } from "./semaphore.js";

/** Makes the value of a {@link OnceCell}. */
export type Initializer<T> = (context: OperationContext) => T | PromiseLike<T>;

/** How a {@link OnceCell} is made. */
export interface OnceCellOptions<T> extends SyncOptions {
  /** The value it has from the start. @defaultValue none */
  readonly value?: T | undefined;
}

/**
 * A value made at most once, by the first who needs it, while the others wait for it.
 *
 * @remarks
 * Where an initializer fails, its caller gets the error and the next who waits makes the value. Initializers never
 * overlap.
 *
 * @example
 * ```ts
 * import { OnceCell } from "keelson/sync";
 *
 * let connects = 0;
 * const connection = new OnceCell<string>();
 * const connect = () => connection.getOrInit(() => Promise.resolve(`connection ${String(++connects)}`));
 * await Promise.all([connect(), connect()]) // => ["connection 1", "connection 1"]
 * ```
 */
export class OnceCell<T> {
  static {
    showing(this, "OnceCell", "isInitialized");
  }

  readonly #runtime: Runtime;
  readonly #waiting = new List<Waiter<T>>();
  #content: { readonly value: T } | undefined = undefined;
  #running: Attempt<T> | undefined = undefined;

  constructor({ value, runtime = currentRuntime() }: OnceCellOptions<T> = {}) {
    this.#runtime = runtime;
    if (value !== undefined) this.#content = { value };
  }

  /** Whether it has a value. */
  get isInitialized(): boolean {
    return this.#content !== undefined;
  }

  /** The value; `undefined` while there is none. */
  get(): T | undefined {
    return this.#content?.value;
  }

  /** Gives it a value; `false`, and nothing changes, when it has one or one is being made. */
  set(value: T): boolean {
    if (this.#content !== undefined || this.#running !== undefined) return false;
    this.#content = { value };
    return true;
  }

  /** Takes the value out and leaves the cell as new; `undefined` when there was none. */
  take(): T | undefined {
    const value = this.#content?.value;
    this.#content = undefined;
    return value;
  }

  /**
   * The value, made by `initialize` if there is none.
   *
   * @remarks
   * **Cancel safety.** An abort ends this wait at once. If it was this caller's initializer that ran, its signal aborts,
   * too; the next caller's starts when it has ended, or gets the value if it made one nonetheless.
   * @throws Whatever `initialize` throws; the signal's reason, unchanged; TimeoutError; Error when an initializer asks
   * for the value that it is to make before its first `await` (after that it waits for itself).
   */
  getOrInit(initialize: Initializer<T>, options: WaitOptions = {}): Promise<T> {
    const attempt = new Attempt(initialize, options);
    const source: Source<T> = {
      poll: () => {
        checkFunction("initialize", initialize);
        return this.#poll();
      },
      arm: (waiter) => {
        attempt.waiter = waiter;
        if (this.#running === undefined) {
          this.#run(attempt);
        } else {
          waiter.payload = attempt;
          this.#waiting.push(waiter);
          // Not run by whoever failed before it, but from here: in the async context of its own caller.
          const turn = new Promise<void>((resolve) => (attempt.comesNext = resolve));
          void turn.then(() => {
            if (attempt.waiter === undefined) this.#runNext();
            else this.#run(attempt);
          });
        }
        // Aborted by the initializer itself, the signal would tell nobody of it any more.
        if (options.signal?.aborted !== true) return;
        attempt.abandon();
        waiter.fail(options.signal.reason);
      },
      disarm: (waiter) => {
        waiter.unlink();
        attempt.abandon();
      },
    };
    return wait(this.#runtime, "OnceCell.getOrInit", source, options);
  }

  #poll(): T | typeof PENDING {
    if (this.#running?.isStarting === true) throw new Error("Expected an initializer not to ask for its own value");
    return this.#content === undefined ? PENDING : this.#content.value;
  }

  #run(attempt: Attempt<T>): void {
    this.#running = attempt;
    attempt.start().then(
      (value) => {
        this.#running = undefined;
        this.#content = { value };
        attempt.waiter?.commit(value);
        for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next.commit(value);
      },
      (error: unknown) => {
        if (attempt.waiter !== undefined) attempt.waiter.fail(error);
        else if (!isAbortOf(error, attempt.signal.reason)) {
          this.#runtime.report(error, { task: "OnceCell.getOrInit" });
        }
        this.#runNext();
      },
    );
  }

  #runNext(): void {
    this.#running = this.#waiting.shift()?.payload as Attempt<T> | undefined;
    this.#running?.comesNext?.();
  }
}

/** One caller's try at making the value. */
class Attempt<T> implements OperationContext {
  isStarting = false;
  /** To be called when all before it have failed; absent if none was. */
  comesNext: (() => void) | undefined = undefined;
  /** `undefined` once the caller has gone. */
  waiter: Waiter<T> | undefined = undefined;
  readonly #initialize: Initializer<T>;
  readonly #timeout: Duration | undefined;
  readonly #link: LinkedSignal;

  constructor(initialize: Initializer<T>, { signal, timeout }: WaitOptions) {
    this.#initialize = initialize;
    this.#timeout = timeout;
    this.#link = new LinkedSignal(signal);
  }

  get signal(): AbortSignal {
    return this.#link.signal;
  }

  async start(): Promise<T> {
    this.isStarting = true;
    try {
      const result = this.#initialize(this);
      this.isStarting = false;
      return await result;
    } finally {
      this.isStarting = false;
      this.#link[Symbol.dispose]();
    }
  }

  /** The caller has gone, because its signal has aborted or its time was over. */
  abandon(): void {
    this.waiter = undefined;
    if (!this.#link.isAborted) this.#link.abort(new TimeoutError(toMs(this.#timeout ?? 0)));
  }
}
