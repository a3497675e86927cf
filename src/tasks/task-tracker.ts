import { currentRuntime } from "../core/ambient.js";
import { shown } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import { isThenable } from "../core/operation.js";
import { Latch } from "../core/latch.js";
import type { Runtime } from "../core/runtime.js";
import { PENDING } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { type SpawnOptions, startTask } from "./spawn.js";
import type { TaskFunction, TaskHandle } from "./task.js";

/** How a {@link TaskTracker} is made. */
export interface TaskTrackerOptions {
  /** Where its tasks and waits run. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Counts tasks that run, so that a shutdown can wait for the last of them; keeps none of their results.
 *
 * @example
 * ```ts
 * import { TaskTracker } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * const requests = new TaskTracker();
 * requests.spawn(() => sleep(2));
 * void requests.track(fetchSomething());
 * requests.length // => 2
 * requests.close();
 * await requests.wait();
 * requests.isEmpty // => true
 *
 * async function fetchSomething() {
 *   await sleep(1);
 * }
 * ```
 */
export class TaskTracker {
  static {
    showing(this, "TaskTracker", "length", "isClosed");
  }

  readonly #runtime: Runtime;
  readonly #done = new Latch<void>(() => (this.#isClosed && this.#size === 0 ? undefined : PENDING));
  #size = 0;
  #isClosed = false;

  constructor({ runtime = currentRuntime() }: TaskTrackerOptions = {}) {
    this.#runtime = runtime;
  }

  /** How many run. */
  get length(): number {
    return this.#size;
  }

  /** Whether none runs. */
  get isEmpty(): boolean {
    return this.#size === 0;
  }

  /** Whether {@link TaskTracker.wait} ends when none runs. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Spawns a task and counts it until it has ended; also when closed. */
  spawn<T>(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    const task = startTask(run, options, this.#owner, this.#runtime);
    this.#size += 1;
    return task;
  }

  /** Counts `promise` until it has settled, and returns it; its failure stays the caller's. */
  track<P extends PromiseLike<unknown>>(promise: P): P {
    if (!isThenable(promise)) throw new TypeError(`Expected \`promise\` to be a promise, got ${shown(promise)}`);
    const token = this.token();
    const leave = (): void => {
      token[Symbol.dispose]();
    };
    void Promise.resolve(promise).then(leave, leave); // the `then` of others may throw
    return promise;
  }

  /** Counts as one task until disposed; disposing it twice is harmless. */
  token(): Disposable {
    this.#size += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#left();
      },
    };
  }

  /** Lets {@link TaskTracker.wait} end when none runs; tells whether it was open. */
  close(): boolean {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    this.#check();
    return true;
  }

  /** Undoes {@link TaskTracker.close}; tells whether it was closed. */
  reopen(): boolean {
    const wasClosed = this.#isClosed;
    this.#isClosed = false;
    return wasClosed;
  }

  /**
   * Waits until it is closed and none runs, be it for an instant.
   *
   * @remarks **Cancel safety.** An abort leaves nothing behind.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  wait(options?: WaitOptions): Promise<void> {
    return wait(this.#runtime, "TaskTracker.wait", this.#done, options);
  }

  readonly #owner = {
    ended: (): boolean => {
      this.#left();
      return false;
    },
  };

  #left(): void {
    this.#size -= 1;
    this.#check();
  }

  #check(): void {
    if (this.#isClosed && this.#size === 0) this.#done.open(undefined);
  }
}
