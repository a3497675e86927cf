import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { virtualTime } from "keelson/testing";
import { interval } from "keelson/time";

const stalls = fc.array(fc.integer({ min: 0, max: 1_000 }), { maxLength: 20 });

test.prop([fc.integer({ min: 1, max: 200 }), stalls])("skip never leaves the rhythm", async (period, delays) => {
  using time = virtualTime({ autoAdvance: true });
  const beat = interval(period);
  let last = -1;
  for (const delay of delays) {
    await time.advance(delay);
    const tick = await beat.tick();
    expect(tick % period).toBe(0);
    expect(tick).toBeGreaterThan(last);
    expect(tick).toBeLessThanOrEqual(time.runtime.now());
    last = tick;
  }
});

test.prop([fc.integer({ min: 1, max: 200 }), stalls])("burst loses no tick", async (period, delays) => {
  using time = virtualTime({ autoAdvance: true });
  const beat = interval(period, { missed: "burst" });
  for (const [index, delay] of delays.entries()) {
    await time.advance(delay);
    expect(await beat.tick()).toBe(index * period);
  }
});
