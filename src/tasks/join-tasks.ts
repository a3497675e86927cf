import { cancelSafeIterator } from "../core/cancel-safe-iterator.js";
import { DONE } from "../core/done.js";
import type { Selectable, Source } from "../core/selectable.js";
import type { WaitOptions } from "../core/wait.js";
import { type Joined, empty, pending } from "./joined.js";
import type { TaskGroup } from "./task-group.js";

/**
 * What {@link JoinSet}, {@link JoinQueue} and {@link JoinMap} have in common: tasks whose ends are taken one by one.
 *
 * @remarks
 * Ends stay until they are taken. An async iterable that ends when no task is left; as a branch of `select` it is
 * disabled then. Disposing aborts all tasks (`await using` also waits for them).
 *
 * @example
 * ```ts
 * import { JoinQueue, JoinSet, type Joined, type JoinTasks } from "keelson/tasks";
 *
 * async function firstValue<T>(tasks: JoinTasks<T, Joined<T>>): Promise<T | undefined> {
 *   for await (const end of tasks) if (end.ok) return end.value;
 *   return undefined;
 * }
 *
 * const [set, queue] = [new JoinSet<string>(), new JoinQueue<string>()];
 * for (const tasks of [set, queue]) tasks.spawn(() => "done");
 * await Promise.all([firstValue(set), firstValue(queue)]) // => ["done", "done"]
 * ```
 */
export abstract class JoinTasks<T, J extends Joined<T>>
  implements Selectable<J>, AsyncIterable<J>, Disposable, AsyncDisposable
{
  readonly #group: TaskGroup<T, J | typeof empty>;
  readonly #name: string;

  /** @internal */
  constructor(group: TaskGroup<T, J | typeof empty>, name: string) {
    this.#group = group;
    this.#name = name;
  }

  get "~source"(): Source<J> {
    return this.#group.next as Source<J>;
  }

  /** How many tasks were not taken yet, those that have ended included. */
  get length(): number {
    return this.#group.tasks.size;
  }

  /** Whether none is left. */
  get isEmpty(): boolean {
    return this.#group.tasks.size === 0;
  }

  /**
   * Takes the next task, waiting until it has ended, or `{ ok: false, reason: "empty" }`.
   *
   * @remarks **Cancel safety.** An abort takes nothing.
   * @throws The signal's reason, unchanged; TimeoutError.
   */
  joinNext(options?: WaitOptions): Promise<J | { readonly ok: false; readonly reason: "empty" }> {
    return this.#group.join(`${this.#name}.joinNext`, empty, options);
  }

  /** Takes the next task if it has ended, or says that there is none (`"empty"`), or that it has not (`"pending"`). */
  tryJoinNext(): J | { readonly ok: false; readonly reason: "empty" | "pending" } {
    if (this.isEmpty) return empty;
    return this.#group.take() ?? pending;
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

  /** The tasks' ends as they are taken, until none is left. */
  [Symbol.asyncIterator](): AsyncIterator<J, undefined> {
    return cancelSafeIterator(
      (options) => this.joinNext(options),
      (one) => (one.ok || one.reason !== "empty" ? { done: false, value: one as J } : DONE),
    );
  }

  /** Aborts every task and lets go of it. */
  [Symbol.dispose](): void {
    this.abortAll();
    this.detachAll();
  }

  /** The same as {@link JoinTasks.shutdown}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}
