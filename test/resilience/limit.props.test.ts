import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { limit } from "keelson/resilience";
import { virtualTime } from "keelson/testing";

const job = fc.record({
  at: fc.integer({ min: 0, max: 20 }),
  takes: fc.integer({ min: 0, max: 10 }),
  leaves: fc.option(fc.integer({ min: 0, max: 15 })),
});

test.prop([fc.integer({ min: 1, max: 4 }), fc.array(job, { maxLength: 25 })])(
  "never more than allowed, in the order of the calls, and everything that did not leave runs",
  async (concurrency, jobs) => {
    using time = virtualTime();
    const { runtime } = time;
    const run = limit(concurrency);
    const calls: number[] = [];
    const started: number[] = [];
    const left = new Set<number>();
    let running = 0;
    const one = async ({ at, takes, leaves }: (typeof jobs)[number], index: number): Promise<void> => {
      await runtime.sleep(at);
      calls.push(index);
      const body = async (): Promise<void> => {
        started.push(index);
        running += 1;
        expect(running).toBeLessThanOrEqual(concurrency);
        await runtime.sleep(takes);
        running -= 1;
      };
      await run(body, leaves === null ? undefined : { timeout: leaves }).catch(() => left.add(index));
    };
    const all = Promise.all(jobs.map(one));
    await time.runUntilIdle();
    await all;
    expect(started).toEqual(calls.filter((index) => !left.has(index)));
    expect([run.active, run.pending]).toEqual([0, 0]);
  },
);
