import { onAbort } from "../core/abort-hub.js";
import type { ResourceKey } from "../resources/index.js";
import type { LoopParts } from "./loop-parts.js";

/**
 * Hands on the keys that arrive from elsewhere until the manager stops, and then lets go of where they come from.
 *
 * @internal
 */
export async function pullKeys(
  keys: AsyncIterable<ResourceKey>,
  { stop, runtime }: Pick<LoopParts, "stop" | "runtime">,
  add: (key: ResourceKey) => void,
): Promise<void> {
  const iterator = keys[Symbol.asyncIterator]();
  const failed = (error: unknown): void => {
    runtime.report(error, { task: "controller channel trigger" });
  };
  // A pending `next` would take a key that somebody else could have had.
  const leave = async (): Promise<void> => {
    try {
      await iterator.return?.();
    } catch (error) {
      failed(error);
    }
  };
  const aborted = (): void => void leave();
  const isStopped = (): boolean => stop.aborted;
  if (isStopped()) {
    aborted();
    return;
  }
  const registration = onAbort(stop, { aborted });
  try {
    for (let next = await iterator.next(); next.done !== true && !isStopped(); next = await iterator.next()) {
      add(next.value);
    }
  } catch (error) {
    failed(error);
  } finally {
    registration.unlink();
  }
}
