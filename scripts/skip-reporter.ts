/**
 * A vitest reporter that ends a run with what was left out and why, so that a green run never hides a gap.
 *
 * @module
 */
import { env } from "node:process";
import type { Reporter, TestModule, TestSuite } from "vitest/node";

export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = modules.flatMap((module) =>
      [...skippedIn(module)].map((name) => `  ${module.relativeModuleId}: ${name}`),
    );
    if (lines.length > 0) console.log(`\nSkipped:\n${lines.join("\n")}`);
    if (env["KEELSON_DEEP"] === undefined)
      console.log("\nRan a tenth of the schedules; `npm run test:deep` runs them all.");
  }
}

/** The outermost skipped suites and tests; a suite says in its name what it needs (see test/support/when.ts). */
function* skippedIn(parent: TestModule | TestSuite): Generator<string> {
  for (const child of parent.children) {
    if (child.type === "suite") {
      if (child.state() === "skipped") yield child.fullName;
      else yield* skippedIn(child);
      continue;
    }
    const result = child.result();
    if (result.state === "skipped")
      yield result.note === undefined ? child.fullName : `${child.fullName} (${result.note})`;
  }
}
