import {
  findCondition,
  foregroundDeletion,
  isConditionTrue,
  isDeleting,
  orphanDependents,
  ownerOf,
  ownerReference,
  setCondition,
} from "keelson/resources";
import { createResourceClient } from "keelson/resources";
import { memoryStore } from "keelson/store/memory";
import { expect, test } from "vitest";
import { Workload } from "./workload.js";

const ready = { type: "Ready", status: "True", reason: "Probed", message: "" } as const;
const [early, late] = [new Date("2030-01-01"), new Date("2030-01-02")];

test("lastTransitionTime moves only on a change of status", () => {
  const first = setCondition(undefined, ready, early);
  const reworded = setCondition(first, { ...ready, reason: "Again" }, late);
  expect(reworded).toStrictEqual([{ ...ready, reason: "Again", lastTransitionTime: early.toISOString() }]);
  const lost = setCondition(reworded, { ...ready, status: "Unknown" }, late);
  expect(lost).toStrictEqual([{ ...ready, status: "Unknown", lastTransitionTime: late.toISOString() }]);
  expect(first[0]?.reason).toBe("Probed");
});

test("a condition takes the place of that of its type; others stay where they are", () => {
  const both = setCondition(setCondition([], ready, early), { ...ready, type: "Available", status: "False" }, early);
  const again = setCondition(both, { ...ready, status: "False" }, late);
  expect(again.map(({ type }) => type)).toStrictEqual(["Ready", "Available"]);
  expect(findCondition(again, "Ready")?.status).toBe("False");
  expect([isConditionTrue(both, "Ready"), isConditionTrue(both, "Available")]).toStrictEqual([true, false]);
  expect([isConditionTrue(undefined, "Ready"), findCondition(undefined, "Ready")]).toStrictEqual([false, undefined]);
});

test("owners: the managing one, and whether an object is on its way out", async () => {
  const client = createResourceClient(memoryStore());
  const web = await client.create(Workload, { metadata: { name: "web" }, spec: { image: "a" } });
  const ownerReferences = [ownerReference(web, { controller: false })];
  const part = { metadata: { name: "part", ownerReferences }, spec: { image: "a" } };
  const loose = await client.create(Workload, part);
  expect(ownerOf(loose)).toBeUndefined();
  expect(ownerReferences[0]).not.toHaveProperty("controller");
  // An owner option takes the place of a reference to the same owner.
  const managed = await client.create(Workload, { ...part, metadata: { ...part.metadata, name: "b" } }, { owner: web });
  expect(managed.metadata.ownerReferences).toStrictEqual([ownerReference(web)]);
  expect(ownerOf(managed)?.uid).toBe(web.metadata.uid);
  expect(isDeleting(web)).toBe(false);
  await client.delete(web, { propagation: "orphan" });
  const marked = await client.get(Workload, "web");
  expect(marked === undefined ? false : isDeleting(marked)).toBe(true);
  expect([foregroundDeletion, orphanDependents]).toStrictEqual(["foregroundDeletion", "orphan"]);
});
