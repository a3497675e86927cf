import { type NodeView, type PlacementRequest, obstacle } from "keelson/scheduler";
import { describe, expect, test } from "vitest";

const node: NodeView = { name: "a", allocatable: { cpu: 1000, memory: 4096 }, allocated: { cpu: 800 } };
const web: PlacementRequest = { instance: "web-0", resources: { cpu: 100 } };
const gpu = { key: "gpu", value: "true", effect: "NoSchedule" } as const;

const reasonFor = (request: Partial<PlacementRequest>, on: Partial<NodeView>): string | undefined =>
  obstacle({ ...web, ...request }, { ...node, ...on })?.reason;

describe("resources", () => {
  test("fit up to the last unit", () => {
    expect(reasonFor({ resources: { cpu: 200 } }, {})).toBeUndefined();
    expect(reasonFor({ resources: { cpu: 201 } }, {})).toBe("Insufficient cpu");
  });

  test("that a node does not have are insufficient, unless none is wanted", () => {
    expect(reasonFor({ resources: { gpu: 1 } }, {})).toBe("Insufficient gpu");
    expect(reasonFor({ resources: { gpu: 0 } }, {})).toBeUndefined();
    expect(reasonFor({ resources: { constructor: 1 } }, {})).toBe("Insufficient constructor");
  });

  test("that are over-committed already keep out only those who want some", () => {
    expect(reasonFor({ resources: { cpu: 1 } }, { allocated: { cpu: 1200 } })).toBe("Insufficient cpu");
    expect(reasonFor({ resources: { cpu: 0, memory: 1 } }, { allocated: { cpu: 1200 } })).toBeUndefined();
  });

  test("may come free with another node, a change or an instance that goes", () => {
    expect(obstacle({ ...web, resources: { cpu: 900 } }, node)?.retryOn).toEqual([
      "node-added",
      "node-changed",
      "instance-removed",
    ]);
  });
});

test("a node that is not ready, or cordoned, takes nothing; more room does not help", () => {
  expect(reasonFor({}, { ready: false })).toBe("node(s) were not ready");
  expect(reasonFor({}, { unschedulable: true })).toBe("node(s) were unschedulable");
  expect(reasonFor({}, { ready: true, unschedulable: false })).toBeUndefined();
  expect(obstacle(web, { ...node, ready: false })?.retryOn).toEqual(["node-added", "node-changed"]);
});

test("a selector must match all labels", () => {
  const nodeSelector = { zone: "a", disk: "ssd" };
  expect(reasonFor({ nodeSelector }, { labels: { zone: "a", disk: "ssd", more: "yes" } })).toBeUndefined();
  expect(reasonFor({ nodeSelector }, { labels: { zone: "a" } })).toBe("node(s) didn't match node selector");
  expect(reasonFor({ nodeSelector }, {})).toBe("node(s) didn't match node selector");
});

describe("a taint", () => {
  const untolerated = "node(s) had untolerated taint {gpu: true}";

  test("keeps out what does not tolerate it", () => {
    expect(reasonFor({}, { taints: [gpu] })).toBe(untolerated);
    expect(reasonFor({}, { taints: [{ key: "old", effect: "NoExecute" }] })).toBe(
      "node(s) had untolerated taint {old: }",
    );
  });

  test.each([
    [{}, undefined],
    [{ key: "gpu" }, undefined],
    [{ key: "gpu", value: "true", effect: "NoSchedule" }, undefined],
    [{ key: "disk" }, untolerated],
    [{ key: "gpu", value: "false" }, untolerated],
    [{ key: "gpu", effect: "NoExecute" }, untolerated],
  ] as const)("meets toleration %o", (toleration, expected) => {
    expect(reasonFor({ tolerations: [toleration] }, { taints: [gpu] })).toBe(expected);
  });

  test("is tolerated each by itself", () => {
    const taints = [gpu, { key: "old", effect: "NoExecute" } as const];
    expect(reasonFor({ tolerations: [{ key: "gpu" }] }, { taints })).toBe("node(s) had untolerated taint {old: }");
    expect(reasonFor({ tolerations: [{ key: "gpu" }, { key: "old" }] }, { taints })).toBeUndefined();
  });
});
