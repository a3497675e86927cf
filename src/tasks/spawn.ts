import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import type { Runtime } from "../core/runtime.js";
import { Task, type TaskFunction, type TaskHandle, type TaskOwner } from "./task.js";

/** How a task is spawned. */
export interface SpawnOptions {
  /** What it is called in errors and reports. @defaultValue the name of its function, or `"task"` */
  readonly name?: string | undefined;
  /** Aborts the task when it aborts, with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Ids, wakes and reports. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Starts `run` as a task, one microtask from now.
 *
 * @remarks
 * Aborting a task aborts the signal it was given; it ends when its function does. A task that fails while nobody has
 * joined it, or does so within a turn of the event loop, is reported to the runtime as `task:failed`.
 *
 * @example
 * ```ts
 * import { spawn } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * const sum = spawn(() => 1 + 1);
 * await sum.join() // => 2
 *
 * const idler = spawn(({ signal }) => sleep("1h", { signal }));
 * idler.abort();
 * await idler.join().catch((error: unknown) => String(error)) // => "JoinError: task \"task\" was cancelled"
 * ```
 */
export function spawn<T>(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
  return startTask(run, options, undefined, currentRuntime());
}

/**
 * Starts a task that somebody beside its handle cares for.
 *
 * @internal
 */
export function startTask<T>(
  run: TaskFunction<T>,
  options: SpawnOptions | undefined,
  owner: TaskOwner<T> | undefined,
  defaultRuntime: Runtime,
): Task<T> {
  checkFunction("run", run);
  const task = new Task(options?.runtime ?? defaultRuntime, run, options?.name, options?.signal, owner);
  void task.live();
  return task;
}
