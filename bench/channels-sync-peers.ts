import { Mutex as AsyncMutex, Semaphore as AsyncSemaphore } from "async-mutex";
import { Effect, Fiber, Semaphore as EffectSemaphore } from "effect";
import fastq from "fastq";
import PQueue from "p-queue";
import pLimit from "p-limit";
import { effectLoop } from "./channels-peers.js";
import { type Works, workers } from "./channels-rows.js";
import type { Work } from "./harness.js";

const nothing = (): Promise<void> => Promise.resolve();

/** `count` loops of effect's that share `n` turns. */
function effectWorkers(count: number, n: number, body: Effect.Effect<unknown>): Promise<unknown> {
  const loop = effectLoop(Math.ceil(n / count), body);
  return Effect.runPromise(
    Effect.all(
      Array.from({ length: count }, () => loop),
      { concurrency: "unbounded", discard: true },
    ),
  );
}

/** One worker locks and releases a mutex. */
export function freeMutexPeers(): Works {
  const mutex = new AsyncMutex();
  const held = EffectSemaphore.makeUnsafe(1).withPermits(1)(Effect.void);
  return {
    "async-mutex": async (n) => {
      for (let turn = 0; turn < n; turn += 1) (await mutex.acquire())();
    },
    effect: (n) => effectWorkers(1, n, held),
  };
}

/** `count` workers take turns at a mutex, and let the others run while they hold it. */
export function contendedMutexPeers(count: number): Works {
  const mutex = new AsyncMutex();
  return {
    "async-mutex": (n) =>
      workers(count, n, async (turns) => {
        for (let turn = 0; turn < turns; turn += 1) {
          const release = await mutex.acquire();
          await nothing();
          release();
        }
      }),
    effect: contendedEffect(1, count),
  };
}

/** `count` workers take turns at one of `permits` permits, and let the others run while they hold it. */
export function contendedSemaphorePeers(permits: number, count: number): Works {
  const semaphore = new AsyncSemaphore(permits);
  return {
    "async-mutex": (n) =>
      workers(count, n, async (turns) => {
        for (let turn = 0; turn < turns; turn += 1) {
          const [, release] = await semaphore.acquire();
          await nothing();
          release();
        }
      }),
    effect: contendedEffect(permits, count),
  };
}

function contendedEffect(permits: number, count: number): Work {
  const held = EffectSemaphore.makeUnsafe(permits).withPermits(1)(Effect.promise(nothing));
  return (n) => effectWorkers(count, n, held);
}

/** Tasks spawned in batches of `batch`, and joined. */
export function spawnPeers(batch: number): Works {
  const one = Effect.gen(function* () {
    const fibers: Fiber.Fiber<number>[] = [];
    for (let task = 0; task < batch; task += 1) fibers.push(yield* Effect.forkChild(Effect.succeed(task)));
    for (const fiber of fibers) yield* Fiber.join(fiber);
  });
  return { effect: (n) => effectWorkers(1, Math.ceil(n / batch), one) };
}

/** `n` calls in batches of `batch`, ten at a time. */
export function limitPeers(batch: number): Works {
  const queue = new PQueue({ concurrency: 10 });
  const fast = fastq.promise(nothing, 10);
  const inBatches = (run: (items: readonly number[]) => Promise<unknown>): Work => {
    const items = Array.from({ length: batch }, (_, item) => item);
    return async (n) => {
      for (let left = n; left > 0; left -= batch) await run(items);
    };
  };
  return {
    fastq: inBatches((items) => Promise.all(items.map(() => fast.push(undefined)))),
    "p-queue": inBatches((items) => queue.addAll(items.map(() => nothing))),
    effect: inBatches((items) =>
      Effect.runPromise(Effect.forEach(items, () => Effect.promise(nothing), { concurrency: 10, discard: true })),
    ),
  };
}

/** The same through p-limit. */
export function pLimitPeer(batch: number): Works {
  const limit = pLimit(10);
  const items = Array.from({ length: batch }, (_, item) => item);
  return {
    "p-limit": async (n) => {
      for (let left = n; left > 0; left -= batch) await Promise.all(items.map(() => limit(nothing)));
    },
  };
}
