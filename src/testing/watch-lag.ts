import { mpsc } from "../channels/index.js";
import type { Runtime } from "../core/index.js";
import type { WatchBatch } from "../store/index.js";

/** How far behind the watches of one controller are; changed while they run. */
export interface WatchLag {
  /** Milliseconds by which each batch comes late. */
  delayMs: number;
  /** The instant before which nothing is delivered at all. */
  frozenUntil: number;
}

/**
 * Delivers what a watch does, in its order, as late as `lag` says at that moment.
 *
 * @remarks An abort of `signal` ends it at once, with what was not delivered yet lost.
 */
export async function* lateWatch(
  runtime: Runtime,
  batches: AsyncIterable<WatchBatch>,
  lag: WatchLag,
  signal: AbortSignal,
): AsyncGenerator<WatchBatch> {
  const [tx, rx] = mpsc.unbounded<{ readonly arrived: number; readonly batch: WatchBatch }>();
  const pump = async (): Promise<void> => {
    try {
      for await (const batch of batches) tx.send({ arrived: runtime.now(), batch });
    } finally {
      tx[Symbol.dispose]();
    }
  };
  const pumping = pump();
  pumping.catch(() => undefined);
  try {
    for (let next = await rx.recv({ signal }); next.ok; next = await rx.recv({ signal })) {
      const { arrived, batch } = next.value;
      for (let left = waitOf(runtime, arrived, lag); left > 0; left = waitOf(runtime, arrived, lag)) {
        await runtime.sleep(left, { signal });
      }
      yield batch;
    }
    await pumping;
  } finally {
    rx[Symbol.dispose]();
  }
}

function waitOf(runtime: Runtime, arrived: number, { delayMs, frozenUntil }: WatchLag): number {
  return Math.max(arrived + delayMs, frozenUntil) - runtime.now();
}
