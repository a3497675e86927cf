import { checkFunction } from "../core/check.js";
import { showing } from "../core/inspectable.js";
import type { WaitOptions } from "../core/wait.js";
import { JoinTasks } from "./join-tasks.js";
import { type Joined, joined } from "./joined.js";
import type { SpawnOptions } from "./spawn.js";
import type { Task, TaskFunction, TaskHandle } from "./task.js";
import { TaskGroup, type TaskGroupOptions } from "./task-group.js";

/** How the task of a key ended. */
export type JoinedKey<K, T> = Joined<T> & { readonly key: K };

/** What a {@link JoinMap} says of the next of its tasks to end; it may have none. */
export type NextJoinedKey<K, T> = JoinedKey<K, T> | { readonly ok: false; readonly reason: "empty" };

/**
 * Tasks by key, at most one each, whose results are taken in the order in which they end.
 *
 * @remarks
 * Spawning under a key that has a task aborts that one, and nobody is told of its end. Otherwise as a {@link JoinSet}.
 *
 * @example
 * ```ts
 * import { JoinMap } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * await using probes = new JoinMap<string, string>();
 * probes.spawn("web-1", ({ signal }) => sleep("1h", { signal }).then(() => "stale"));
 * probes.spawn("web-1", () => "healthy");
 * const probe = await probes.joinNext();
 * probe.ok && [probe.key, probe.value] // => ["web-1", "healthy"]
 * probes.isEmpty // => true
 * ```
 */
export class JoinMap<K, T> extends JoinTasks<T, JoinedKey<K, T>> {
  static {
    showing(this, "JoinMap", "length");
  }

  readonly #group: TaskGroup<T, NextJoinedKey<K, T>>;
  readonly #byKey = new Map<K, Task<T>>();
  readonly #keys = new WeakMap<TaskHandle<unknown>, K>();

  constructor(options: TaskGroupOptions = {}) {
    const group = new TaskGroup<T, NextJoinedKey<K, T>>(options, false, (task) => {
      const key = this.#keys.get(task) as K;
      this.#byKey.delete(key);
      return { ...joined(task), key };
    });
    super(group, "JoinMap");
    this.#group = group;
  }

  /** Spawns the task of `key`, aborting and forgetting the one that it had. */
  spawn(key: K, run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    const former = this.#byKey.get(key);
    const task = this.#group.spawn(run, options);
    this.#keys.set(task, key);
    this.#byKey.set(key, task);
    if (former !== undefined) {
      former.abort();
      this.#group.drop(former);
    }
    return task;
  }

  /** Whether `key` has a task that was not taken yet. */
  has(key: K): boolean {
    return this.#byKey.has(key);
  }

  /** Whether `task` is one of these, and neither taken nor replaced yet. */
  hasTask(task: TaskHandle<unknown>): boolean {
    const key = this.#keys.get(task);
    return this.#byKey.get(key as K) === task;
  }

  /** The keys that have a task, in the order in which they got one first. */
  keys(): IterableIterator<K> {
    return this.#byKey.keys();
  }

  /** Aborts the task of `key`; tells whether it had one. It stays until it is taken. */
  abort(key: K, reason?: unknown): boolean {
    const task = this.#byKey.get(key);
    task?.abort(reason);
    return task !== undefined;
  }

  /** Aborts the tasks of all keys that `matches` says yes to. */
  abortMatching(matches: (key: K) => boolean, reason?: unknown): void {
    checkFunction("matches", matches);
    for (const [key, task] of this.#byKey) if (matches(key)) task.abort(reason);
  }

  override detachAll(): void {
    this.#byKey.clear();
    super.detachAll();
  }

  override async shutdown(options?: WaitOptions): Promise<void> {
    try {
      await super.shutdown(options);
    } finally {
      for (const [key, task] of this.#byKey) if (!this.#group.tasks.has(task)) this.#byKey.delete(key);
    }
  }
}
