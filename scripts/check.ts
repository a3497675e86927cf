/**
 * Everything that can be said about the code without running its tests. Names on the command line select steps:
 * `npm run check -- lint types`.
 *
 * @module
 */
import { argv, exit } from "node:process";
import { runSteps, type Step } from "./steps.js";

// The longest first: they decide how long the whole takes.
const steps: readonly Step[] = [
  { name: "doctest", command: "tsx scripts/doctest.ts" },
  { name: "build", command: "tsup && tsc -p tsconfig.build.json" },
  { name: "lint", command: "eslint .", after: ["doctest"] },
  { name: "types", command: "tsc --noEmit", after: ["doctest"] },
  { name: "docs", command: "typedoc" },
  { name: "api", command: "tsx scripts/api.ts", after: ["build"] },
  { name: "pack", command: "npm run -s pack:lint", after: ["build"] },
  { name: "size", command: "size-limit", after: ["build"] },
  { name: "dead code", command: "knip" },
  { name: "format", command: "prettier --check ." },
  { name: "layers", command: "depcruise src --config dependency-cruiser.cjs && tsx scripts/layers.ts" },
];

const selected = argv.slice(2);
const failed = await runSteps(
  selected.length === 0
    ? steps
    : steps.filter(({ name }) => selected.includes(name)).map(({ name, command }) => ({ name, command })),
);
if (failed.length > 0) {
  console.error(`\ncheck: ${failed.join(", ")} failed`);
  exit(1);
}
