import { fc, test } from "@fast-check/vitest";
import { createResourceClient } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import { expect } from "vitest";
import { runs } from "../support/deep.js";
import { Workload } from "./workload.js";

type Map2 = Readonly<Record<string, string>>;

interface Given {
  readonly labels: Map2;
  readonly env: Map2;
  readonly finalizers: readonly string[];
}

const fields = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.constantFrom("1", "2"), { noNullPrototype: true });
const given: fc.Arbitrary<Given> = fc.record({
  labels: fields,
  env: fields,
  finalizers: fc.uniqueArray(fc.constantFrom("x.dev/a", "x.dev/b", "x.dev/c"), { maxLength: 2 }),
});
const step = fc.record({ manager: fc.constantFrom("one", "two", "hand"), given });

const draft = ({
  labels,
  env,
  finalizers,
}: Given): Parameters<ReturnType<typeof createResourceClient>["apply"]>[1] => ({
  metadata: { name: "web", labels, finalizers },
  spec: { image: "a", env },
});

/** What a map is once a manager's fields are in it: its own from before that nobody else holds go. */
function merged(current: Map2, desired: Map2, last: Map2, others: readonly Map2[]): Map2 {
  const left = Object.entries(current).filter(
    ([key]) => !(key in last) || key in desired || others.some((other) => key in other),
  );
  return { ...Object.fromEntries(left), ...desired };
}

const asSet = (items: readonly string[]): Map2 => Object.fromEntries(items.map((item) => [item, ""]));

test.prop([fc.array(step, { minLength: 1, maxLength: 12 })], { numRuns: runs(500) })(
  "apply is idempotent, owns what it names, gives up what it named before, and keeps what is foreign",
  async (steps) => {
    const store = memoryStore();
    const client = createResourceClient(store);
    const last = new Map<string, Given>();
    let now: Given = { labels: {}, env: {}, finalizers: [] };
    for (const { manager, given: wanted } of steps) {
      const present = await client.get(Workload, "web");
      if (manager === "hand") {
        if (present === undefined) continue;
        // By hand, fields are only added: whose they are is nobody's.
        await client.update(present, ({ metadata, spec }) => {
          Object.assign(metadata.labels, wanted.labels);
          spec.env = { ...spec.env, ...wanted.env };
        });
        now = { ...now, labels: { ...now.labels, ...wanted.labels }, env: { ...now.env, ...wanted.env } };
      } else {
        const others = [...last].filter(([name]) => name !== manager).map(([, fields]) => fields);
        const mine = last.get(manager) ?? { labels: {}, env: {}, finalizers: [] };
        const map = (part: "labels" | "env"): Map2 =>
          merged(
            now[part],
            wanted[part],
            mine[part],
            others.map((other) => other[part]),
          );
        const finalizers = merged(
          asSet(now.finalizers),
          asSet(wanted.finalizers),
          asSet(mine.finalizers),
          others.map((other) => asSet(other.finalizers)),
        );
        now = { labels: map("labels"), env: map("env"), finalizers: Object.keys(finalizers) };
        last.set(manager, wanted);
        const first = await client.apply(Workload, draft(wanted) as never, { manager });
        expect(first.outcome === "created").toBe(present === undefined);
        const second = await client.apply(Workload, draft(wanted) as never, { manager });
        expect(second).toStrictEqual({ resource: first.resource, outcome: "unchanged" });
      }
      const actual = await client.get(Workload, "web");
      expect(actual?.metadata.labels).toStrictEqual(now.labels);
      expect(actual?.spec.env ?? {}).toStrictEqual(now.env);
      expect([...(actual?.metadata.finalizers ?? [])].sort()).toStrictEqual([...now.finalizers].sort());
    }
    await store.close();
  },
  120_000,
);
