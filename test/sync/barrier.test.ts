import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { Barrier } from "keelson/sync";
import { settled } from "../support/settled.js";

test("lets all through when the last has come, who leads", async () => {
  const barrier = new Barrier(3);
  const first = barrier.wait();
  const second = barrier.wait();
  expect(await settled(Promise.race([first, second]))).toBe(false);
  expect(await barrier.wait()).toEqual({ leader: true });
  expect(await Promise.all([first, second])).toEqual([{ leader: false }, { leader: false }]);
});

test("an abort takes the arrival back", async () => {
  const barrier = new Barrier(2);
  const controller = new AbortController();
  const gone = barrier.wait({ signal: controller.signal });
  controller.abort("gone");
  await expect(gone).rejects.toBe("gone");
  const waiting = barrier.wait();
  expect(await settled(waiting)).toBe(false);
  await barrier.wait();
  await waiting;
});

test("0 counts as 1", async () => {
  expect(await new Barrier(0).wait()).toEqual({ leader: true });
  expect(await new Barrier(1).wait()).toEqual({ leader: true });
  expect(() => new Barrier(-1)).toThrow(RangeError);
});

property.prop([fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 5 })])(
  "every round has exactly one leader",
  async (parties, rounds) => {
    const barrier = new Barrier(parties);
    const leaders: number[] = [];
    const party = async (): Promise<void> => {
      for (let round = 0; round < rounds; round++) if ((await barrier.wait()).leader) leaders.push(round);
    };
    await Promise.all(Array.from({ length: parties }, party));
    expect(leaders).toEqual(Array.from({ length: rounds }, (_, round) => round));
  },
);
