import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { retryBudget } from "keelson/resilience";
import { eachInVirtualTime } from "./fixture.js";

const time = eachInVirtualTime();

const windowMs = 1_000;
const step = fc.oneof(
  fc.record({ kind: fc.constant("first" as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant("extra" as const), count: fc.integer({ min: 1, max: 20 }) }),
  fc.record({ kind: fc.constant("wait" as const), count: fc.integer({ min: 0, max: 1_500 }) }),
);

test.prop([fc.array(step, { maxLength: 60 }), fc.integer({ min: 0, max: 10 }), fc.integer({ min: 0, max: 5 })])(
  "ratio: within any window, no more extra attempts than its share of first ones and its reserve",
  async (steps, tenths, reserve) => {
    const ratio = tenths / 10;
    const budget = retryBudget.ratio({ ratio, reserve, window: windowMs });
    const firsts: number[] = [];
    const extras: number[] = [];
    const since = (instants: readonly number[], ms: number): number =>
      instants.filter((at) => at > time.current.runtime.now() - ms).length;
    for (const { kind, count } of steps) {
      if (kind === "wait") {
        await time.current.advance(count);
        continue;
      }
      for (let attempt = 0; attempt < count; attempt += 1) {
        const now = time.current.runtime.now();
        if (kind === "first") {
          budget.first();
          firsts.push(now);
          continue;
        }
        const asked = budget.extra();
        if (asked) extras.push(now);
        // It forgets by tenths of the window: what it still knows reaches back between nine and ten of them.
        const most = ratio * since(firsts, windowMs) + (reserve * windowMs) / 1_000;
        if (asked) expect(since(extras, 0.9 * windowMs)).toBeLessThanOrEqual(most + 1e-6);
        // And it is not meaner than it says: with room for one more, it gives it.
        else
          expect(since(extras, windowMs) + 1).toBeGreaterThan(ratio * since(firsts, 0.9 * windowMs) + reserve - 1e-6);
      }
    }
  },
);

test.prop([fc.array(fc.constantFrom("ok" as const, "failed" as const, "cancelled" as const), { maxLength: 200 })])(
  "tokens: as a count between none and the most says",
  (outcomes) => {
    const budget = retryBudget.tokens({ max: 10, ratio: 0.5 });
    let left = 10;
    for (const outcome of outcomes) {
      budget.ended("first", outcome);
      if (outcome === "failed") left = Math.max(0, left - 1);
      if (outcome === "ok") left = Math.min(10, left + 0.5);
      expect(budget.extra()).toBe(left > 5);
    }
  },
);

test.prop([fc.array(fc.constantFrom("first" as const, "extra" as const, "end" as const), { maxLength: 200 })])(
  "inflight: a further attempt is under way only while the share, or the least, allows it",
  (steps) => {
    const budget = retryBudget.inflight({ ratio: 0.2, min: 3 });
    const underWay: ("first" | "extra")[] = [];
    const extras = (): number => underWay.filter((kind) => kind === "extra").length;
    for (const step of steps) {
      if (step === "end") {
        const kind = underWay.shift();
        if (kind !== undefined) budget.ended(kind, "ok");
      } else if (step === "first") {
        budget.first();
        underWay.push("first");
      } else {
        const isAllowed = extras() < Math.max(3, 0.2 * underWay.length);
        expect(budget.extra()).toBe(isAllowed);
        if (isAllowed) underWay.push("extra");
      }
    }
  },
);
