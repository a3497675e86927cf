import { currentRuntime } from "../core/ambient.js";
import { Deque } from "../core/deque.js";
import { List } from "../core/list.js";
import { remaining } from "../core/remaining.js";
import type { Runtime } from "../core/runtime.js";
import { DISABLED, PENDING, type Source, type Waiter } from "../core/selectable.js";
import { type WaitOptions, wait } from "../core/wait.js";
import { type SpawnOptions, startTask } from "./spawn.js";
import type { Task, TaskFunction } from "./task.js";

/** How a group of tasks is made. */
export interface TaskGroupOptions {
  /** Where its tasks and waits run. @defaultValue the ambient runtime */
  readonly runtime?: Runtime | undefined;
}

/**
 * Tasks that are joined one by one: what join sets, maps and queues stand on.
 *
 * @internal
 */
export class TaskGroup<T, R> {
  readonly runtime: Runtime;
  /** The tasks not joined yet, in the order in which they were spawned. */
  readonly tasks: Set<Task<T>> = new Set<Task<T>>();
  readonly #inSpawnOrder: boolean;
  readonly #describe: (task: Task<T>) => R;
  /** Ended tasks in the order in which they did, or all of them in the order in which they began. */
  #line = new Deque<Task<T>>();
  readonly #waiters = new List<Waiter<R>>();

  constructor({ runtime = currentRuntime() }: TaskGroupOptions, inSpawnOrder: boolean, describe: (task: Task<T>) => R) {
    this.runtime = runtime;
    this.#inSpawnOrder = inSpawnOrder;
    this.#describe = describe;
  }

  /** The wait for the next task to join, disabled while there is none. */
  readonly next: Source<R> = {
    poll: () => {
      if (this.tasks.size === 0) return DISABLED;
      return this.#waiters.first !== undefined ? PENDING : (this.take() ?? PENDING);
    },
    arm: (waiter) => {
      this.#waiters.push(waiter);
    },
    disarm: (waiter) => {
      waiter.unlink();
    },
  };

  spawn(run: TaskFunction<T>, options?: SpawnOptions): Task<T> {
    const task = startTask(run, options, this, this.runtime);
    this.tasks.add(task);
    if (this.#inSpawnOrder) this.#line.push(task);
    return task;
  }

  ended(task: Task<T>): boolean {
    if (!this.#inSpawnOrder && this.tasks.has(task)) this.#line.push(task);
    this.#hand();
    return true;
  }

  /** The next that has ended, if any; its result then belongs to the caller. */
  take(): R | undefined {
    for (let head = this.#line.peek(); head !== undefined; head = this.#line.peek()) {
      if (this.tasks.has(head) && !head.isFinished) return undefined;
      this.#line.shift();
      if (this.tasks.delete(head)) return this.#describe(head);
    }
    return undefined;
  }

  /** Takes the next, waiting for it; `empty` when there is none. */
  join(label: string, empty: R, options?: WaitOptions): Promise<R> {
    const source: Source<R> = {
      poll: () => {
        const value = this.next.poll();
        return value === DISABLED ? empty : value;
      },
      arm: (waiter) => {
        waiter.payload = { empty };
        this.next.arm(waiter);
      },
      disarm: (waiter) => {
        this.next.disarm(waiter);
      },
    };
    return wait(this.runtime, label, source, options);
  }

  /** Takes a task out before it was joined; nobody is told of its end, unless it fails once detached. */
  drop(task: Task<T>): void {
    this.tasks.delete(task);
    this.#tidy();
    this.#hand();
  }

  abortAll(reason?: unknown): void {
    for (const task of this.tasks) task.abort(reason);
  }

  detachAll(): void {
    for (const task of this.tasks) task.detach();
    this.tasks.clear();
    this.#line = new Deque();
    this.#hand();
  }

  /** Aborts all and waits until they have ended; nobody is told how. */
  async shutdown(options: WaitOptions = {}): Promise<void> {
    this.abortAll();
    const within = remaining(this.runtime, options);
    for (const task of [...this.tasks]) {
      await within((left) => task.ended(left));
      this.tasks.delete(task);
    }
    this.#tidy();
    this.#hand();
  }

  /** Lets go of those that were dropped once they are most of the line, so that each costs constant time. */
  #tidy(): void {
    const line = this.#line;
    if (line.length <= 2 * this.tasks.size) return;
    this.#line = new Deque();
    for (const task of line.takeMany(line.length)) if (this.tasks.has(task)) this.#line.push(task);
  }

  /** Gives what has ended to those who wait, in order. */
  #hand(): void {
    while (this.#waiters.first !== undefined) {
      const isEmpty = this.tasks.size === 0;
      const value = this.take();
      if (value === undefined && !isEmpty) return;
      const waiter = this.#waiters.shift();
      if (value !== undefined) waiter?.commit(value);
      else if (waiter?.payload === undefined) waiter?.disable();
      else waiter.commit((waiter.payload as { readonly empty: R }).empty);
    }
  }
}
