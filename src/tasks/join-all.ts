import type { NextJoined } from "./joined.js";

/**
 * Takes the ends of tasks one by one until none is left; after the first failure it calls `shutdown`.
 *
 * @internal
 */
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
