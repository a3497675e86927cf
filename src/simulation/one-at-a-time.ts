const slot: unique symbol = Symbol.for("keelson.simulations") as never;

/** The last simulation of this thread, whichever copy of the package runs it. */
interface Queue {
  [slot]?: Promise<unknown>;
}

/**
 * Runs `work` when every simulation of this thread that was asked for before has ended: there is one ambient runtime.
 * A signal that aborts before its turn has come takes it out; once it runs, that is up to it.
 */
export function inTurn<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  const queue = globalThis as Queue;
  return new Promise<T>((resolve, reject) => {
    const giveUp = (): void => {
      reject(signal?.reason);
    };
    const begin = async (): Promise<void> => {
      signal?.removeEventListener("abort", giveUp);
      if (signal?.aborted !== true) await work().then(resolve, reject);
      else giveUp();
    };
    signal?.addEventListener("abort", giveUp);
    queue[slot] = (queue[slot] ?? Promise.resolve()).then(begin);
  });
}
