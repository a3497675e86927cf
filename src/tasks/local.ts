/**
 * Values that follow a task through its awaits, on Node's `AsyncLocalStorage`.
 *
 * @remarks
 * A subpath of its own, because on Node 20 one such storage makes every await of the process several times dearer.
 *
 * @module tasks/local
 */
import { checkFunction } from "../core/check.js";

/** A value that belongs to whatever runs inside {@link TaskLocal.run}, and to the tasks spawned there. */
export interface TaskLocal<T> {
  /** Runs `body`, and whatever it calls, awaits or spawns, with `value`; inside it may be shadowed by another one. */
  run<R>(value: T, body: () => R): R;
  /**
   * The value.
   *
   * @throws Error outside of {@link TaskLocal.run}.
   */
  get(): T;
  /** The value, or `undefined` outside of {@link TaskLocal.run}. */
  tryGet(): T | undefined;
}

/**
 * Makes a {@link TaskLocal}.
 *
 * @param name - What it is called in errors.
 *
 * @example
 * ```ts
 * import { spawn } from "keelson/tasks";
 * import { taskLocal } from "keelson/tasks/local";
 *
 * const requestId = taskLocal<string>("requestId");
 * const task = requestId.run("r-17", () => spawn(async () => {
 *   await Promise.resolve();
 *   return requestId.get();
 * }));
 * await task.join() // => "r-17"
 * requestId.tryGet() // => undefined
 * ```
 */
export function taskLocal<T>(name = "task local"): TaskLocal<T> {
  const { AsyncLocalStorage } = process.getBuiltinModule("node:async_hooks");
  const storage = new AsyncLocalStorage<{ readonly value: T }>();
  return {
    run: (value, body) => {
      checkFunction("body", body);
      return storage.run({ value }, body);
    },
    get: () => {
      const held = storage.getStore();
      if (held === undefined) throw new Error(`Expected \`${name}\` to be set: call it inside its run()`);
      return held.value;
    },
    tryGet: () => storage.getStore()?.value,
  };
}
