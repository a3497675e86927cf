import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { JoinQueue, JoinSet } from "keelson/tasks";
import { virtualTime } from "keelson/testing";
import { sleep } from "keelson/time";

const step = fc.oneof(
  fc.record({ kind: fc.constant("spawn" as const), ms: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ kind: fc.constant("join" as const) }),
  fc.record({ kind: fc.constant("abort wait" as const), which: fc.nat(20) }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 10 }) }),
);

for (const [name, make] of [
  ["JoinSet", () => new JoinSet<number>()],
  ["JoinQueue", () => new JoinQueue<number>()],
] as const) {
  test.prop([fc.array(step, { maxLength: 50 })])(`every task of a ${name} is told of once, in order`, async (steps) => {
    using time = virtualTime();
    const group = make();
    const told: number[] = [];
    const finished: number[] = [];
    const waits: AbortController[] = [];
    let spawned = 0;
    for (const action of steps) {
      switch (action.kind) {
        case "spawn": {
          const id = spawned++;
          group.spawn(() => sleep(action.ms).then(() => (finished.push(id), id)));
          break;
        }
        case "join": {
          const controller = new AbortController();
          waits.push(controller);
          void group.joinNext({ signal: controller.signal }).then(
            (end) => end.ok && told.push(end.value),
            () => undefined,
          );
          break;
        }
        case "abort wait":
          waits[action.which % Math.max(1, waits.length)]?.abort();
          break;
        case "advance":
          await time.advance(action.ms);
      }
      await time.settle();
      expect(group.length).toBe(spawned - told.length);
    }
    for (const controller of waits) controller.abort();
    await time.settle();
    await time.advance(100);
    for await (const end of group) if (end.ok) told.push(end.value);
    expect(told).toEqual(name === "JoinSet" ? finished : Array.from({ length: spawned }, (_, id) => id));
  });
}
