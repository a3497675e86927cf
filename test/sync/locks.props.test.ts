import { fc, test } from "@fast-check/vitest";
import { describe, expect } from "vitest";
import { systemRuntime } from "keelson/core";
import { Mutex, RwLock, Semaphore } from "keelson/sync";

/** What a script may do with a lock: ask for it, let it go, or give up waiting. */
const step = fc.oneof(
  fc.record({ kind: fc.constant("acquire" as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant("release" as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant("abort" as const), which: fc.nat(30) }),
  fc.record({ kind: fc.constant("settle" as const) }),
);
const script = fc.array(step, { maxLength: 80 });

interface Request {
  readonly id: number;
  readonly count: number;
}

/** The reference: a number of permits and a queue, served from its head only. */
class Model {
  readonly queue: Request[] = [];
  readonly held: Request[] = [];
  readonly total: number;

  constructor(total: number) {
    this.total = total;
  }

  get free(): number {
    return this.total - this.held.reduce((sum, { count }) => sum + count, 0);
  }

  acquire(request: Request): void {
    this.queue.push(request);
    this.serve();
  }

  release(id: number): void {
    this.held.splice(this.indexIn(this.held, id), 1);
    this.serve();
  }

  abort(id: number): void {
    const index = this.indexIn(this.queue, id);
    if (index >= 0) this.queue.splice(index, 1);
    this.serve();
  }

  private indexIn(list: readonly Request[], id: number): number {
    return list.findIndex((request) => request.id === id);
  }

  private serve(): void {
    for (let head = this.queue[0]; head !== undefined && head.count <= this.free; head = this.queue[0]) {
      this.held.push(head);
      this.queue.shift();
    }
  }
}

/** Runs a script against a lock and the model, comparing who holds it after every step. */
async function compare(
  total: number,
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
  acquire: (count: number, signal: AbortSignal) => Promise<{ release(): void }>,
  free: () => number | undefined,
  countOf: (count: number) => number = (count) => count,
): Promise<void> {
  const model = new Model(total);
  const held = new Map<number, { release(): void }>();
  const waiting = new Map<number, AbortController>();
  let ids = 0;
  const settle = async (): Promise<void> => {
    await systemRuntime().yieldNow();
    expect([...held.keys()].sort()).toEqual(model.held.map(({ id }) => id).sort());
    expect([...waiting.keys()]).toEqual(model.queue.map(({ id }) => id));
  };
  for (const action of steps) {
    switch (action.kind) {
      case "acquire": {
        const id = ids++;
        const controller = new AbortController();
        waiting.set(id, controller);
        model.acquire({ id, count: countOf(action.count) });
        void acquire(action.count, controller.signal).then(
          (permit) => {
            waiting.delete(id);
            held.set(id, permit);
          },
          () => waiting.delete(id),
        );
        break;
      }
      case "release": {
        await settle();
        const chosen = [...held][action.which % Math.max(1, held.size)];
        if (chosen === undefined) break;
        held.delete(chosen[0]);
        model.release(chosen[0]);
        chosen[1].release();
        break;
      }
      case "abort": {
        const chosen = [...waiting][action.which % Math.max(1, waiting.size)];
        if (chosen === undefined) break;
        model.abort(chosen[0]);
        chosen[1].abort();
        break;
      }
      case "settle":
        await settle();
    }
  }
  await settle();
  for (const controller of waiting.values()) controller.abort();
  await systemRuntime().yieldNow();
  for (const permit of held.values()) permit.release();
  expect(free() ?? total).toBe(total);
}

describe("against a reference model", () => {
  test.prop([fc.integer({ min: 0, max: 5 }), script])("semaphore", async (total, steps) => {
    const semaphore = new Semaphore(total);
    await compare(
      total,
      steps,
      (count, signal) => semaphore.acquire(count, { signal }),
      () => semaphore.availablePermits,
    );
  });

  test.prop([script])("mutex", async (steps) => {
    const mutex = new Mutex();
    await compare(
      1,
      steps,
      (_count, signal) => mutex.lock({ signal }),
      () => (mutex.isLocked ? 0 : 1),
      () => 1,
    );
  });

  test.prop([fc.integer({ min: 1, max: 3 }), script])("read-write lock", async (maxReaders, steps) => {
    const lock = new RwLock("value", { maxReaders });
    const isWrite = (count: number): boolean => count === 4;
    await compare(
      maxReaders,
      steps,
      (count, signal) => (isWrite(count) ? lock.write({ signal }) : lock.read({ signal })),
      () => {
        const writer = lock.tryWrite();
        return writer === undefined ? 0 : undefined;
      },
      (count) => (isWrite(count) ? maxReaders : 1),
    );
  });

  test.prop([
    fc.integer({ min: 1, max: 6 }),
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
  ])("an abort at every step leaks no permit", async (total, counts) => {
    for (let abortedAt = 0; abortedAt < counts.length; abortedAt++) {
      const semaphore = new Semaphore(total);
      const controller = new AbortController();
      const all = counts.map(async (count, index) => {
        const options = index === abortedAt ? { signal: controller.signal } : {};
        const permit = await semaphore.acquire(Math.min(count, total), options);
        await Promise.resolve();
        permit.release();
      });
      controller.abort();
      await Promise.allSettled(all);
      expect(semaphore.availablePermits).toBe(total);
    }
  });
});
