/**
 * The order of vitest's files: one project after the other, since a worker serves only one, and first those that weigh
 * the heap, while little is on it. A collection of garbage takes as long as the heap is large, and the compiler and the
 * linter of later files stay on it.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Vitest's own order but for that. */
export class SmallHeapFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const rank = new Map(sorted.map((file) => [file, rankOf(file)]));
    return sorted.sort((a, b) => (rank.get(a) ?? 0) - (rank.get(b) ?? 0));
  }
}

function rankOf({ project, moduleId }: TestSpecification): number {
  if (project.name !== "test") return 2;
  return readFileSync(moduleId, "utf8").includes("/support/garbage.js") ? 0 : 1;
}
