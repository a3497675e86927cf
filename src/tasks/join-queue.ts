import type { Selectable, Source } from "../core/selectable.js";
import type { WaitOptions } from "../core/wait.js";
import { iterate, joinAll } from "./join-set.js";
import { type Joined, type NextJoined, type TryJoined, empty, joined, pending } from "./joined.js";
import type { SpawnOptions } from "./spawn.js";
import type { TaskFunction, TaskHandle } from "./task.js";
import { TaskGroup, type TaskGroupOptions } from "./task-group.js";

/**
 * Tasks that run together and whose results are taken in the order in which they were spawned; otherwise as a
 * {@link JoinSet}.
 *
 * @example
 * ```ts
 * import { JoinQueue } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * await using tasks = new JoinQueue<number>();
 * for (const ms of [5, 1]) tasks.spawn(() => sleep(ms).then(() => ms));
 * await tasks.joinAll() // => [5, 1]
 * ```
 */
export class JoinQueue<T> implements Selectable<Joined<T>>, AsyncIterable<Joined<T>>, Disposable, AsyncDisposable {
  readonly #group: TaskGroup<T, NextJoined<T>>;

  constructor(options: TaskGroupOptions = {}) {
    this.#group = new TaskGroup<T, NextJoined<T>>(options, true, joined);
  }

  get "~source"(): Source<Joined<T>> {
    return this.#group.next as Source<Joined<T>>;
  }

  /** How many tasks were not taken yet, those that have ended included. */
  get length(): number {
    return this.#group.tasks.size;
  }

  /** Whether none is left. */
  get isEmpty(): boolean {
    return this.#group.tasks.size === 0;
  }

  /** Spawns a task at the end of the queue. */
  spawn(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    return this.#group.spawn(run, options);
  }

  /**
   * Takes the first task, waiting until it has ended, or `{ ok: false, reason: "empty" }`.
   *
   * @remarks **Cancel safety.** An abort takes nothing.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  joinNext(options?: WaitOptions): Promise<NextJoined<T>> {
    return this.#group.join("JoinQueue.joinNext", empty, options);
  }

  /** Takes the first task if it has ended, or says that it is `"empty"`, or that it has not (`"pending"`). */
  tryJoinNext(): TryJoined<T> {
    if (this.isEmpty) return empty;
    return this.#group.take() ?? pending;
  }

  /**
   * Takes all results, in the order in which the tasks were spawned; the first failure aborts the rest and waits for
   * them.
   *
   * @remarks **Cancel safety.** An abort loses the results taken so far; the tasks run on.
   * @throws JoinError of the first task that failed or was cancelled; the signal's reason, unchanged; TimeoutError.
   */
  async joinAll(options?: WaitOptions): Promise<T[]> {
    return joinAll(
      () => this.joinNext(options),
      () => this.shutdown(),
    );
  }

  /** Aborts every task; they stay until they are taken. */
  abortAll(reason?: unknown): void {
    this.#group.abortAll(reason);
  }

  /** Lets go of every task without aborting it; what fails then is reported to the runtime. */
  detachAll(): void {
    this.#group.detachAll();
  }

  /**
   * Aborts every task and waits until all have ended; their results are dropped.
   *
   * @remarks **Cancel safety.** An abort ends the wait alone: the tasks stay aborted, and what is left can be joined.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  async shutdown(options?: WaitOptions): Promise<void> {
    await this.#group.shutdown(options);
  }

  /** The tasks' ends in the order in which they were spawned, until none is left. */
  [Symbol.asyncIterator](): AsyncIterator<Joined<T>, undefined> {
    return iterate(() => this.joinNext());
  }

  /** Aborts every task and lets go of it. */
  [Symbol.dispose](): void {
    this.abortAll();
    this.detachAll();
  }

  /** The same as {@link JoinQueue.shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}
