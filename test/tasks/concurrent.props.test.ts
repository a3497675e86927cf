import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { forEachConcurrent, mapConcurrent } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";

const items = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 30 });
const limit = fc.integer({ min: 1, max: 6 });

test.prop([items, limit, fc.boolean()])("mapConcurrent maps like Array#map", async (delays, most, ordered) => {
  using _time = virtualTime({ autoAdvance: true });
  let running = 0;
  const results: number[] = [];
  const map = async (ms: number): Promise<number> => {
    expect(++running).toBeLessThanOrEqual(most);
    await sleep(ms);
    running -= 1;
    return ms * 2;
  };
  for await (const result of mapConcurrent(delays, most, map, { ordered })) results.push(result);
  const expected = delays.map((ms) => ms * 2);
  if (ordered) expect(results).toEqual(expected);
  else expect(results.sort((a, b) => a - b)).toEqual(expected.sort((a, b) => a - b));
});

test.prop([items, limit, fc.nat(30)])(
  "nothing runs once forEachConcurrent has settled",
  async (delays, most, failAt) => {
    using time = virtualTime({ autoAdvance: true });
    let running = 0;
    let calls = 0;
    const use = async (ms: number, { signal }: { readonly signal: AbortSignal }): Promise<void> => {
      running += 1;
      try {
        if (calls++ === failAt) throw new Error("chosen");
        await sleep(ms, { signal });
      } finally {
        running -= 1;
      }
    };
    const outcome = await forEachConcurrent(delays, most, use).then(
      () => "done",
      (error: unknown) => String(error),
    );
    expect(running).toBe(0);
    expect(outcome).toBe(failAt < delays.length ? "Error: chosen" : "done");
    await time.runUntilIdle(0);
  },
);
