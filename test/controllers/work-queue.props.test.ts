import { fc, test } from "@fast-check/vitest";
import { virtualTime } from "keelson/testing";
import { expect } from "vitest";
import type { WorkItem } from "../../src/controllers/work-item.js";
import { WorkQueue } from "../../src/controllers/work-queue.js";
import { runs } from "../support/deep.js";
import { QueueModel } from "./queue-model.js";

type Step =
  | { readonly do: "add"; readonly key: string; readonly delay: number; readonly priority: number }
  | { readonly do: "get" }
  | { readonly do: "done"; readonly nth: number }
  | { readonly do: "advance"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("add" as const),
      key: fc.constantFrom("a", "b", "c", "d", "e"),
      delay: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 30 })),
      priority: fc.constantFrom(-100, 0, 5),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("get" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("done" as const), nth: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 1, max: 20 }) }) },
);

test.prop([fc.array(step, { maxLength: 80 })], { numRuns: runs(3000) })(
  "a queue does as its model does",
  async (steps) => {
    using time = virtualTime();
    const queue = new WorkQueue();
    const model = new QueueModel();
    const running = new Map<string, WorkItem>();
    let calls = 0;
    queue.onReady = () => {
      calls += 1;
    };
    for (const each of steps) {
      switch (each.do) {
        case "add":
          queue.add(each.key, { delayMs: each.delay, priority: each.priority });
          model.add(each.key, each.delay, each.priority);
          break;
        case "get": {
          const candidates = model.candidates();
          const item = queue.get();
          if (item === undefined) {
            expect(candidates).toEqual([]);
            break;
          }
          expect(candidates).toContain(item.key);
          expect(running.has(item.key)).toBe(false);
          running.set(item.key, item);
          model.take(item.key);
          break;
        }
        case "done": {
          const item = [...running.values()][each.nth];
          if (item === undefined) break;
          running.delete(item.key);
          queue.done(item);
          model.done(item.key);
          break;
        }
        case "advance":
          await time.advance(each.ms);
          model.now += each.ms;
      }
      expect(queue.depth).toBe(model.waiting.size);
      if (model.candidates().length > 0) expect(calls).toBeGreaterThan(0);
    }
  },
);
