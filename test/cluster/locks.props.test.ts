import { fc, test } from "@fast-check/vitest";
import { expect } from "vitest";
import { type HeldLock, semaphore } from "keelson/cluster";
import { memoryStore } from "keelson/store/memory";
import { virtualTime } from "keelson/testing";
import { runs } from "../support/deep.js";
import { outcome } from "../support/outcome.js";

/** One who has asked: waits, or holds. */
interface Asker {
  readonly stop: AbortController;
  lock: HeldLock | undefined;
}

/** What happens next: somebody asks, or the `who`-th of those who are there gives up or back. */
const step = fc.oneof(
  fc.constant({ kind: "ask" } as const),
  fc.record({ kind: fc.constant("leave" as const), who: fc.nat(20) }),
);

test.prop([fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 25 })], { numRuns: runs(300) })(
  "the first so many of those who are there hold it, whoever comes and goes",
  async (permits, steps) => {
    using time = virtualTime();
    const store = memoryStore();
    const there: Asker[] = [];
    for (const each of steps) {
      if (each.kind === "ask") {
        const asker: Asker = { stop: new AbortController(), lock: undefined };
        there.push(asker);
        const asked = semaphore(store, "/s", { permits }).acquire({ signal: asker.stop.signal });
        void outcome(asked.then((lock) => (asker.lock = lock)));
      } else {
        const [leaver] = there.splice(each.who % Math.max(1, there.length), 1);
        leaver?.stop.abort(new Error("enough"));
        await leaver?.lock?.release();
      }
      await time.settle();
      expect(there.map(({ lock }) => lock?.isHeld() === true)).toEqual(there.map((_, index) => index < permits));
      expect((await store.range({ prefix: "" }, { countOnly: true })).count).toBe(there.length);
    }
  },
);
