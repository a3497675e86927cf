import { fc, test } from "@fast-check/vitest";
import { defineController, owns } from "keelson/controllers";
import { currentRuntime } from "keelson/core";
import { createHarness } from "keelson/testing";
import { afterEach, expect, vi } from "vitest";
import { WriteTracker } from "../../src/controllers/write-tracker.js";
import { runs } from "../support/deep.js";
import { Child, Parent } from "./world.js";

interface Scenario {
  readonly seed: number;
  /** What `size` is set to, one after the other. */
  readonly sizes: readonly number[];
  /** When the key is woken for no reason, in milliseconds after each change. */
  readonly wakes: readonly number[];
  /** How likely a run fails after each of its writes. */
  readonly failing: number;
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
  seed: fc.integer(),
  sizes: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
  wakes: fc.array(fc.nat(8000), { maxLength: 6 }),
  failing: fc.constantFrom(0, 0.3),
});

/**
 * Lets a controller make as many children as its parent says, of names that never clash, while its watches are up to
 * five seconds late; how many it created and deleted, and how many would have done.
 */
async function played({ seed, sizes, wakes, failing }: Scenario) {
  const did = { created: 0, deleted: 0 };
  const controller = defineController({
    for: Parent,
    triggers: [owns(Child)],
    async reconcile(parent, { client, owned }) {
      const runtime = currentRuntime();
      const children = owned(Child);
      for (let count = children.length; count < parent.spec.size; count += 1) {
        const name = runtime.id("child").replace("_", "-");
        await client.create(Child, { metadata: { name }, spec: { of: parent.metadata.name } }, { owner: parent });
        did.created += 1;
        if (runtime.random() < failing) throw new Error("half way");
      }
      for (const child of children.slice(parent.spec.size)) {
        await client.delete(child);
        did.deleted += 1;
        if (runtime.random() < failing) throw new Error("half way");
      }
    },
  });
  await using t = await createHarness({ controllers: [controller], seed });
  const { client } = t;
  t.faults.delayWatch("parent", "5s");
  let parent = await client.create(Parent, { metadata: { name: "p" }, spec: { size: 0 } });
  const needed = { created: 0, deleted: 0 };
  let size = 0;
  for (const next of sizes) {
    parent = await client.update(parent, (draft) => void (draft.spec.size = next));
    needed.created += Math.max(0, next - size);
    needed.deleted += Math.max(0, size - next);
    size = next;
    let waited = 0;
    for (const wake of [...wakes].sort((a, b) => a - b)) {
      await t.advance(wake - waited);
      waited = wake;
      t.enqueue("parent", { name: "p" });
    }
    await t.advance("10m");
  }
  const left = await client.list(Child);
  return { did, needed, left: left.items.length, size, logs: t.logs };
}

afterEach(() => {
  vi.restoreAllMocks();
});

test.prop([scenario], { numRuns: runs(1000) })(
  "nothing is done twice, though the watch is five seconds late",
  async (given) => {
    const { did, needed, left, size, logs } = await played(given);
    expect(did).toEqual(needed);
    expect(left).toBe(size);
    expect(logs.filter(({ fields }) => !String(fields["err"]).includes("half way"))).toEqual([]);
  },
  120_000,
);

test("without waiting for its own writes it would be: the law can fail", async () => {
  vi.spyOn(WriteTracker.prototype, "record").mockReturnValue();
  const { did, needed } = await played({ seed: 1, sizes: [3], wakes: [5500], failing: 0 });
  expect(needed.created).toBe(3);
  expect(did.created).toBeGreaterThan(3);
});
