import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { virtualTime } from "keelson/testing";
import { type DelayKey, DelayQueue } from "keelson/time";

type Step =
  | { readonly kind: "insert"; readonly delay: number }
  | { readonly kind: "remove" | "reset"; readonly which: number; readonly delay: number }
  | { readonly kind: "wait" }
  | { readonly kind: "abort"; readonly which: number }
  | { readonly kind: "advance"; readonly ms: number };

const delay = fc.integer({ min: 0, max: 50 });
const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("insert" as const), delay }),
  fc.record({ kind: fc.constantFrom("remove" as const, "reset" as const), which, delay }),
  fc.record({ kind: fc.constant("wait" as const) }),
  fc.record({ kind: fc.constant("abort" as const), which }),
  fc.record({ kind: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 20 }) }),
);

test.prop([fc.array(step, { maxLength: 60 })])(
  "every value comes out once, not early, in order, or was removed",
  async (steps) => {
    using time = virtualTime();
    const queue = new DelayQueue<number>();
    const model = new Map<number, DelayKey>();
    const taken: number[] = [];
    const waits: AbortController[] = [];
    let values = 0;
    for (const action of steps) {
      const live = [...model];
      switch (action.kind) {
        case "insert":
          model.set(values, queue.insert(values, action.delay));
          values += 1;
          break;
        case "remove":
        case "reset": {
          const chosen = live[action.which % Math.max(1, live.length)];
          if (chosen === undefined) break;
          if (action.kind === "reset") queue.reset(chosen[1], action.delay);
          else {
            expect(queue.remove(chosen[1]).value).toBe(chosen[0]);
            model.delete(chosen[0]);
          }
          break;
        }
        case "wait": {
          const controller = new AbortController();
          waits.push(controller);
          void queue.next({ signal: controller.signal }).then(
            (next) => {
              if (!next.ok) return;
              expect(next.deadline).toBeLessThanOrEqual(time.runtime.now());
              for (const key of model.values()) expect(next.deadline).toBeLessThanOrEqual(key.deadline);
              expect(model.delete(next.value)).toBe(true);
              taken.push(next.value);
            },
            () => undefined,
          );
          break;
        }
        case "abort":
          waits[action.which % Math.max(1, waits.length)]?.abort();
          break;
        case "advance":
          await time.advance(action.ms);
      }
      await time.settle();
      expect(queue.length).toBe(model.size);
    }
    for (const controller of waits) controller.abort();
    await time.runUntilIdle(0);
    await time.advance(100);
    for await (const next of queue) model.delete(next.value);
    expect(model.size).toBe(0);
    expect(new Set(taken).size).toBe(taken.length);
  },
);
