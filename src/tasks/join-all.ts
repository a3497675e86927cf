import { remaining } from "../core/remaining.js";
import type { Runtime } from "../core/runtime.js";
import type { WaitOptions } from "../core/wait.js";
import type { JoinTasks } from "./join-tasks.js";
import type { Joined } from "./joined.js";

/**
 * Takes the ends of tasks one by one until none is left; after the first failure it shuts the rest down.
 *
 * @internal
 */
export async function joinAll<T>(tasks: JoinTasks<T, Joined<T>>, runtime: Runtime, options: WaitOptions): Promise<T[]> {
  const within = remaining(runtime, options);
  const values: T[] = [];
  for (;;) {
    const one = await within((left) => tasks.joinNext(left));
    if (one.ok) {
      values.push(one.value);
    } else if (one.reason === "empty") {
      return values;
    } else {
      const { error, reason } = one;
      try {
        await within((left) => tasks.shutdown(left));
      } catch (givenUp) {
        if (reason === "failed") runtime.report(error.cause, { task: error.task }); // or nobody would hear of it
        throw givenUp;
      }
      throw error;
    }
  }
}
