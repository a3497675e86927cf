/**
 * A vitest reporter that ends a run with what was left out and why, so that a green run never hides a gap, and with
 * what failed, so that the last lines of a log tell it.
 *
 * @module
 */
import { env } from "node:process";
import type { Reporter, TestModule, TestSuite } from "vitest/node";

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly { readonly message: string }[]): void {
    const lines = modules.flatMap((module) =>
      [...skippedIn(module)].map((name) => `  ${module.relativeModuleId}: ${name}`),
    );
    if (lines.length > 0) console.log(`\nSkipped:\n${lines.join("\n")}`);
    if (env["KEELSON_DEEP"] === undefined)
      console.log("\nRan a tenth of the schedules, of the longest a twentieth; `npm run test:deep` runs them all.");
    const failed = modules.flatMap((module) => [...failuresIn(module)]);
    failed.push(...unhandled.map(({ message }) => `  outside of any test: ${message}`));
    if (failed.length > 0) console.log(`\nFailed:\n${failed.join("\n")}`);
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

/** A line for each failed test and each file that could not be loaded, with its first error. */
function* failuresIn(module: TestModule): Generator<string> {
  const first = (errors: readonly { readonly message: string }[]): string => errors[0]?.message.split("\n")[0] ?? "";
  if (module.errors().length > 0) yield `  ${module.relativeModuleId}: ${first(module.errors())}`;
  for (const test of module.children.allTests("failed")) {
    yield `  ${module.relativeModuleId}: ${test.fullName}: ${first(test.result().errors ?? [])}`;
  }
}
