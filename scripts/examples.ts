/**
 * Runs every `examples/<topic>/main.ts` to its end and fails when one does. The quickstart has its own command.
 *
 * @module
 */
import { exit } from "node:process";
import { globSync } from "tinyglobby";
import { runSteps } from "./steps.js";

const topics = globSync("examples/*/main.ts")
  .map((file) => file.split("/")[1] ?? "")
  .filter((topic) => topic !== "quickstart")
  .sort();

const failed = await runSteps(topics.map((name) => ({ name, command: `timeout 300 tsx examples/${name}/main.ts` })));
if (failed.length > 0) {
  console.error(`\nexamples: ${failed.join(", ")} failed`);
  exit(1);
}
console.log(`examples: ${topics.length} ran`);
