import { type Predicate, when } from "keelson/controllers";
import type { Resource } from "keelson/resources";
import { expect, test } from "vitest";

const resource = (metadata: Partial<Resource["metadata"]>): Resource => ({
  kind: "Parent",
  metadata: {
    name: "p",
    uid: "u",
    generation: 1,
    resourceVersion: "1",
    creationTimestamp: "2030-01-01T00:00:00.000Z",
    labels: { a: "1" },
    annotations: { b: "1" },
    ownerReferences: [],
    finalizers: [],
    ...metadata,
  },
  spec: {},
});
const before = resource({});
const changes: Readonly<Record<string, Partial<Resource["metadata"]>>> = {
  nothing: {},
  generation: { generation: 2 },
  labels: { labels: { a: "2" } },
  annotations: { annotations: { b: "2" } },
  version: { resourceVersion: "2" },
};
const passing = (predicate: Predicate): readonly string[] =>
  Object.entries(changes).flatMap(([name, metadata]) =>
    predicate({ type: "modified", resource: resource(metadata), previous: before }) ? [name] : [],
  );

test.each([
  ["generationChanged", when.generationChanged, ["generation"]],
  ["labelsChanged", when.labelsChanged, ["labels"]],
  ["annotationsChanged", when.annotationsChanged, ["annotations"]],
  ["resourceVersionChanged", when.resourceVersionChanged, ["version"]],
  ["any", when.any(when.generationChanged, when.labelsChanged), ["generation", "labels"]],
  ["any of none", when.any(), []],
  ["all", when.all(when.generationChanged, when.labelsChanged), []],
  ["all of none", when.all(), Object.keys(changes)],
  ["not", when.not(when.generationChanged), ["nothing", "labels", "annotations", "version"]],
] as const)("%s", (_name, predicate, names) => {
  expect(passing(predicate)).toEqual(names);
});

test("creations and deletions pass", () => {
  const { any, all, not, ...plain } = when;
  expect([any(), all()].map((predicate) => predicate({ type: "added", resource: before }))).toEqual([false, true]);
  for (const predicate of [...Object.values(plain), not(when.generationChanged)]) {
    expect(predicate({ type: "added", resource: before })).toBe(true);
    expect(predicate({ type: "deleted", resource: before, resourceVersion: "3" })).toBe(true);
  }
});
