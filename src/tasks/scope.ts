import { currentRuntime } from "../core/ambient.js";
import { checkFunction } from "../core/check.js";
import type { OperationContext } from "../core/operation.js";
import type { Runtime } from "../core/runtime.js";
import { Cohort } from "./cohort.js";
import { type SpawnOptions, startTask } from "./spawn.js";
import type { AnyTask, Outcome, TaskFunction, TaskHandle } from "./task.js";

/** What the body of a {@link scope} gets. */
export interface Scope extends OperationContext {
  /**
   * Spawns a task that the scope waits for, and that is aborted when the scope is.
   *
   * @throws TypeError once the scope has ended.
   */
  spawn<T>(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T>;
}

/** What else ends a {@link scope}, and where its tasks run. */
export type ScopeOptions = Pick<SpawnOptions, "signal" | "runtime">;

/**
 * Runs `body` and waits for every task that it spawned: no task outlives its scope.
 *
 * @remarks
 * The first failure, of the body or of a task, aborts all others. One failure rejects with it unchanged, several with
 * an `AggregateError`; cancellations don't count, and a failure that the body passes on from `join()` counts once.
 * **Cancel safety.** An abort reaches the body's signal and every task's; nothing of them is left when it settles.
 * @throws Whatever failed; the signal's reason, unchanged, once all tasks have ended.
 *
 * @example
 * ```ts
 * import { scope } from "keelson/tasks";
 * import { sleep } from "keelson/time";
 *
 * const finished: string[] = [];
 * await scope((tasks) => {
 *   tasks.spawn(() => sleep(2).then(() => finished.push("slow")));
 *   tasks.spawn(() => finished.push("fast"));
 * });
 * finished // => ["fast", "slow"]
 * ```
 */
export async function scope<R>(
  body: (scope: Scope) => R | PromiseLike<R>,
  { signal, runtime = currentRuntime() }: ScopeOptions = {},
): Promise<R> {
  checkFunction("body", body);
  signal?.throwIfAborted();
  const nursery = new Nursery(new Cohort(signal), runtime);
  return nursery.run(body);
}

class Nursery implements Scope {
  readonly #cohort: Cohort;
  readonly #runtime: Runtime;
  readonly #running = new Set<AnyTask>();
  #isOver = false;

  constructor(cohort: Cohort, runtime: Runtime) {
    this.#cohort = cohort;
    this.#runtime = runtime;
  }

  get signal(): AbortSignal {
    return this.#cohort.signal;
  }

  spawn<T>(run: TaskFunction<T>, options?: SpawnOptions): TaskHandle<T> {
    if (this.#isOver) throw new TypeError("Expected the scope to be open, but it has ended");
    const task = startTask<T>(run, options, this, this.#runtime);
    this.#running.add(task);
    if (this.#cohort.isStopped) task.abort(this.signal.reason);
    return task;
  }

  ended(task: AnyTask, outcome: Outcome<unknown>): boolean {
    this.#running.delete(task);
    if (!outcome.ok && outcome.kind === "failed") this.#cohort.failedUnlessKnown(outcome.error);
    return true;
  }

  async run<R>(body: (scope: Scope) => R | PromiseLike<R>): Promise<R> {
    this.#cohort.onStop = () => {
      for (const task of [...this.#running]) task.abort(this.signal.reason);
    };
    let result: { readonly value: R } | undefined;
    try {
      result = { value: await body(this) };
    } catch (error) {
      this.#cohort.failedUnlessKnown(error);
    }
    for (let [task] = this.#running; task !== undefined; [task] = this.#running) await task.ended();
    this.#isOver = true;
    this.#cohort.end();
    if (result === undefined) throw new Error("Expected a failed body to have ended the scope");
    return result.value;
  }
}
