import { type NodeView, SimpleScheduler } from "keelson/scheduler";
import { describe, expect, test } from "vitest";

const scheduler = new SimpleScheduler();
const node = (name: string, more: Partial<NodeView> = {}): NodeView => ({ name, allocatable: { cpu: 1000 }, ...more });
const web = (index: number, cpu = 100) => ({ instance: `web-${String(index)}`, resources: { cpu } });

describe("a choice", () => {
  test("falls on the largest free share, then the fewest instances, then the first name", () => {
    const placed = (nodes: readonly NodeView[]) => scheduler.schedule(web(0), nodes)[0];
    const [half, free] = [node("a", { allocated: { cpu: 500 } }), node("b")];
    expect(placed([half, free])).toEqual({ kind: "placed", instance: "web-0", node: "b", score: 90 });
    expect(placed([node("a", { instances: 3 }), node("b", { instances: 2 })])).toMatchObject({ node: "b" });
    expect(placed([node("b"), node("a")])).toMatchObject({ node: "a" });
  });

  test("takes earlier ones of the same call into account, and changes nothing it was given", () => {
    const nodes = [node("a"), node("b")];
    const decisions = scheduler.schedule([web(0, 600), web(1, 600), web(2, 600)], nodes);
    expect(decisions).toMatchObject([
      { kind: "placed", node: "a", score: 40 },
      { kind: "placed", node: "b", score: 40 },
      { kind: "unschedulable", instance: "web-2", message: "0/2 nodes are available: 2 Insufficient cpu." },
    ]);
    expect(nodes).toEqual([node("a"), node("b")]);
  });

  test("spreads instances that want nothing", () => {
    const decisions = scheduler.schedule(
      [{ instance: "x" }, { instance: "y" }, { instance: "z" }],
      [node("a"), node("b")],
    );
    expect(decisions.map((decision) => (decision.kind === "placed" ? [decision.node, decision.score] : []))).toEqual([
      ["a", 100],
      ["b", 100],
      ["a", 100],
    ]);
  });
});

test("what is unschedulable says how many nodes failed for which reason, and what to wait for", () => {
  const nodes = [
    node("a", { ready: false }),
    node("b", { allocated: { cpu: 1000 } }),
    node("c", { taints: [{ key: "gpu", value: "true", effect: "NoSchedule" }] }),
    node("d", { allocatable: {} }),
  ];
  expect(scheduler.schedule(web(0), nodes)).toEqual([
    {
      kind: "unschedulable",
      instance: "web-0",
      reasons: {
        "node(s) were not ready": 1,
        "Insufficient cpu": 2,
        "node(s) had untolerated taint {gpu: true}": 1,
      },
      message:
        "0/4 nodes are available: " +
        "1 node(s) had untolerated taint {gpu: true}, 1 node(s) were not ready, 2 Insufficient cpu.",
      retryOn: ["node-added", "node-changed", "instance-removed"],
    },
  ]);
});

test("without nodes, only a new one helps", () => {
  expect(scheduler.schedule([web(0)], [])).toEqual([
    {
      kind: "unschedulable",
      instance: "web-0",
      reasons: {},
      message: "0/0 nodes are available: there are no nodes.",
      retryOn: ["node-added"],
    },
  ]);
});

test("nothing to place is nothing decided", () => {
  expect(scheduler.schedule([], [node("a")])).toEqual([]);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("an amount of %d is refused", (cpu) => {
  expect(() => scheduler.schedule(web(0, cpu), [node("a")])).toThrow(
    new RangeError(`Expected \`resources.cpu\` to be a number of at least 0, got \`${String(cpu)}\``),
  );
});

// The figures of kube-scheduler's own test of LeastAllocated, weights 1.
describe("the score", () => {
  test.each([
    ["all free", { cpu: 4000, memory: 10_000 }, {}, { cpu: 0, memory: 0 }, 100],
    ["some cpu taken", { cpu: 10_000, memory: 20_000 }, { cpu: 6000 }, { cpu: 0, memory: 0 }, 70],
    ["both taken", { cpu: 10_000, memory: 20_000 }, { cpu: 6000, memory: 5000 }, { cpu: 0, memory: 0 }, 57],
    ["small node", { cpu: 10_000, memory: 20_000 }, { cpu: 3000 }, { cpu: 3000, memory: 5000 }, 57],
    ["large node", { cpu: 10_000, memory: 50_000 }, { cpu: 3000, memory: 5000 }, { cpu: 3000, memory: 5000 }, 60],
    ["nothing there", { cpu: 0, memory: 0 }, { cpu: 3000 }, { cpu: 0, memory: 0 }, 0],
    ["others ignored", { cpu: 6000, memory: 10_000, ext: 4 }, {}, { cpu: 3000, memory: 5000 }, 50],
  ])("with %s", (_name, allocatable, allocated, resources, score) => {
    const decisions = scheduler.schedule({ instance: "x", resources }, [{ name: "a", allocatable, allocated }]);
    expect(decisions).toMatchObject([{ kind: "placed", score }]);
  });
});
