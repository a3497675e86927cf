import type { Selectable, Source } from "../core/selectable.js";
import type { WaitOptions } from "../core/wait.js";
import { type Joined, type NextJoined, type TryJoined, empty, joined, pending } from "./joined.js";
import type { SpawnOptions } from "./spawn.js";
import type { TaskFunction, TaskHandle } from "./task.js";
import { TaskGroup, type TaskGroupOptions } from "./task-group.js";

/**
 * Tasks whose results are taken in the order in which they end.
 *
 * @remarks
 * Results stay until they are taken. An async iterable that ends when no task is left; as a branch of `select` it is
 * disabled then. Disposing aborts all tasks (`await using` also waits for them).
 *
 * @example
 * ```ts
 * import { JoinSet } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * await using tasks = new JoinSet<string>();
 * for (const ms of [20, 1]) tasks.spawn(() => sleep(ms).then(() => `slept ${String(ms)}`));
 * const results: string[] = [];
 * for await (const joined of tasks) if (joined.ok) results.push(joined.value);
 * results // => ["slept 1", "slept 20"]
 * ```
 */
export class JoinSet<T> implements Selectable<Joined<T>>, AsyncIterable<Joined<T>>, Disposable, AsyncDisposable {
  readonly #group: TaskGroup<T, NextJoined<T>>;

  constructor(options: TaskGroupOptions = {}) {
    this.#group = new TaskGroup<T, NextJoined<T>>(options, false, joined);
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

  /** Spawns a task into the set. */
  spawn(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    return this.#group.spawn(run, options);
  }

  /**
   * Takes the next task that ends, waiting for it, or `{ ok: false, reason: "empty" }`.
   *
   * @remarks **Cancel safety.** An abort takes nothing.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  joinNext(options?: WaitOptions): Promise<NextJoined<T>> {
    return this.#group.join("JoinSet.joinNext", empty, options);
  }

  /** Takes the next task that has ended, or says that it is `"empty"`, or that none has (`"pending"`). */
  tryJoinNext(): TryJoined<T> {
    if (this.isEmpty) return empty;
    return this.#group.take() ?? pending;
  }

  /**
   * Takes all results, in the order in which the tasks end; the first failure aborts the rest and waits for them.
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

  /** The tasks' ends as they come, until none is left. */
  [Symbol.asyncIterator](): AsyncIterator<Joined<T>, undefined> {
    return iterate(() => this.joinNext());
  }

  /** Aborts every task and lets go of it. */
  [Symbol.dispose](): void {
    this.abortAll();
    this.detachAll();
  }

  /** The same as {@link JoinSet.shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

/** @internal */
export async function joinAll<T>(next: () => Promise<NextJoined<T>>, shutdown: () => Promise<void>): Promise<T[]> {
  const values: T[] = [];
  for (;;) {
    const one = await next();
    if (one.ok) values.push(one.value);
    else if (one.reason === "empty") return values;
    else {
      await shutdown();
      throw one.error;
    }
  }
}

/** @internal */
export function iterate<J extends { readonly ok: boolean }>(
  next: () => Promise<J | typeof empty>,
): AsyncIterator<J, undefined> {
  return {
    next: async () => {
      const one = await next();
      return one === empty ? { done: true, value: undefined } : { done: false, value: one as J };
    },
  };
}
