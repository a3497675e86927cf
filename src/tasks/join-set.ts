import { showing } from "../core/inspectable.js";
import type { WaitOptions } from "../core/wait.js";
import { joinAll } from "./join-all.js";
import { JoinTasks } from "./join-tasks.js";
import { type Joined, type NextJoined, joined } from "./joined.js";
import type { SpawnOptions } from "./spawn.js";
import type { TaskFunction, TaskHandle } from "./task.js";
import { TaskGroup, type TaskGroupOptions } from "./task-group.js";

/**
 * Tasks whose results are taken in the order in which they end.
 *
 * @remarks
 * Ends stay until they are taken. An async iterable that ends when no task is left; as a branch of `select` it is
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
export class JoinSet<T> extends JoinTasks<T, Joined<T>> {
  static {
    showing(this, "JoinSet", "length");
  }

  readonly #group: TaskGroup<T, NextJoined<T>>;

  constructor(options: TaskGroupOptions = {}) {
    const group = new TaskGroup<T, NextJoined<T>>(options, false, joined);
    super(group, "JoinSet");
    this.#group = group;
  }

  /** Spawns a task into the set. */
  spawn(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    return this.#group.spawn(run, options);
  }

  /**
   * Takes all results, in the order in which the tasks end; the first failure aborts the rest and waits for them.
   *
   * @remarks
   * A failure is told to the runtime's `report` where the wait for the rest is given up on.
   * **Cancel safety.** An abort loses the results taken so far; the tasks run on.
   * @throws JoinError of the first task that failed or was cancelled; the signal's reason, unchanged; TimeoutError.
   */
  joinAll(options: WaitOptions = {}): Promise<T[]> {
    return joinAll(this, this.#group.runtime, options);
  }
}
