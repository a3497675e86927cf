import { fc, test } from "@fast-check/vitest";
import { type NodeView, type PlacementRequest, type Resources, SimpleScheduler, obstacle } from "keelson/scheduler";
import { expect } from "vitest";
import { runs } from "../support/deep.js";

const numRuns = runs(1000);
const names = ["cpu", "memory", "gpu"] as const;
const amounts = (max: number) => fc.dictionary(fc.constantFrom(...names), fc.nat(max), { noNullPrototype: true });
const labels = fc.dictionary(fc.constantFrom("zone", "disk"), fc.constantFrom("a", "b"), { noNullPrototype: true });
const effect = fc.constantFrom("NoSchedule" as const, "NoExecute" as const);
const optional = { requiredKeys: [] };

const nodes: fc.Arbitrary<readonly NodeView[]> = fc.uniqueArray(
  fc.record(
    {
      name: fc.constantFrom("a", "b", "c", "d", "e"),
      allocatable: amounts(20),
      allocated: amounts(8),
      instances: fc.nat(3),
      labels,
      taints: fc.array(fc.record({ key: fc.constantFrom("gpu", "old"), effect }), { maxLength: 1 }),
      unschedulable: fc.boolean(),
      ready: fc.boolean(),
    },
    { requiredKeys: ["name", "allocatable"] },
  ),
  { selector: ({ name }) => name },
);
const requests: fc.Arbitrary<readonly PlacementRequest[]> = fc
  .array(
    fc.record(
      {
        resources: amounts(6),
        nodeSelector: labels,
        tolerations: fc.array(fc.record({ key: fc.constantFrom("gpu", "old"), effect }, optional), { maxLength: 2 }),
      },
      optional,
    ),
    { maxLength: 12 },
  )
  .map((all) => all.map((request, index) => ({ ...request, instance: `i-${String(index)}` })));

const add = (a: Resources, b: Resources): Resources =>
  Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));

test.prop([requests, nodes], { numRuns })("there is one decision for each request, in order", (wanted, on) => {
  const decisions = new SimpleScheduler().schedule(wanted, on);
  expect(decisions.map(({ instance }) => instance)).toEqual(wanted.map(({ instance }) => instance));
});

test.prop([requests, nodes], { numRuns })(
  "nothing stands in the way of what is placed, when it is placed",
  (wanted, on) => {
    const state = new Map(on.map((node) => [node.name, node]));
    new SimpleScheduler().schedule(wanted, on).forEach((decision, index) => {
      const request = wanted[index];
      if (request === undefined) return;
      const obstacles = [...state.values()].map((node) => obstacle(request, node));
      if (decision.kind === "unschedulable") {
        expect(obstacles).not.toContain(undefined);
        expect(Object.values(decision.reasons).reduce((sum, count) => sum + count, 0)).toBe(on.length);
        return;
      }
      const node = state.get(decision.node);
      expect(node && obstacle(request, node)).toBeUndefined();
      expect(decision.score).toSatisfy((score: number) => Number.isInteger(score) && score >= 0 && score <= 100);
      if (node !== undefined)
        state.set(node.name, { ...node, allocated: add(node.allocated ?? {}, request.resources ?? {}) });
    });
  },
);

test.prop([requests, nodes], { numRuns })("no node gives more than it has", (wanted, on) => {
  const given = new Map<string, Resources>();
  new SimpleScheduler().schedule(wanted, on).forEach((decision, index) => {
    if (decision.kind !== "placed") return;
    given.set(decision.node, add(given.get(decision.node) ?? {}, wanted[index]?.resources ?? {}));
  });
  for (const { name, allocatable, allocated = {} } of on) {
    for (const [resource, amount] of Object.entries(given.get(name) ?? {})) {
      if (amount > 0) expect((allocated[resource] ?? 0) + amount).toBeLessThanOrEqual(allocatable[resource] ?? 0);
    }
  }
});

test.prop([requests, nodes], { numRuns })(
  "the answer depends on nothing but what is given, not even its order",
  (wanted, on) => {
    const decisions = new SimpleScheduler().schedule(wanted, on);
    expect(new SimpleScheduler().schedule(wanted, on)).toEqual(decisions);
    expect(new SimpleScheduler().schedule(wanted, [...on].reverse())).toMatchObject(
      decisions.map((decision) =>
        decision.kind === "placed" ? decision : { instance: decision.instance, message: decision.message },
      ),
    );
  },
);

test.prop([requests, nodes], { numRuns })("one call for all decides as one call for each does", (wanted, on) => {
  const state = new Map(on.map((node) => [node.name, node]));
  const oneByOne = wanted.flatMap((request) => {
    const decisions = new SimpleScheduler().schedule(request, [...state.values()]);
    for (const decision of decisions) {
      const node = decision.kind === "placed" ? state.get(decision.node) : undefined;
      if (node === undefined) continue;
      const allocated = add(node.allocated ?? {}, request.resources ?? {});
      state.set(node.name, { ...node, allocated, instances: (node.instances ?? 0) + 1 });
    }
    return decisions;
  });
  expect(new SimpleScheduler().schedule(wanted, on)).toEqual(oneByOne);
});
