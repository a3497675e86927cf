import { showing } from "../core/inspectable.js";
import type { WaitOptions } from "../core/wait.js";
import { joinAll } from "./join-all.js";
import { JoinTasks } from "./join-tasks.js";
import { type Joined, type NextJoined, joined } from "./joined.js";
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
export class JoinQueue<T> extends JoinTasks<T, Joined<T>> {
  static {
    showing(this, "JoinQueue", "length");
  }

  readonly #group: TaskGroup<T, NextJoined<T>>;

  constructor(options: TaskGroupOptions = {}) {
    const group = new TaskGroup<T, NextJoined<T>>(options, true, joined);
    super(group, "JoinQueue");
    this.#group = group;
  }

  /** Spawns a task at the end of the queue. */
  spawn(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    return this.#group.spawn(run, options);
  }

  /**
   * Takes all results, in the order in which the tasks were spawned; the first failure aborts the rest and waits for
   * them.
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
