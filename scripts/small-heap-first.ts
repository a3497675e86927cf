/**
 * The order of vitest's files: first those that weigh the heap, while little is on it. A collection of garbage takes as
 * long as the heap is large, and the compiler and the linter of later files stay on it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Vitest's own order but for that. */
export class SmallHeapFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const weighing = new Set(sorted.filter(weighsHeap));
    return [...weighing, ...sorted.filter((file) => !weighing.has(file))];
  }
}

function weighsHeap({ moduleId }: TestSpecification): boolean {
  return readFileSync(moduleId, "utf8").includes("/support/garbage.js");
}
