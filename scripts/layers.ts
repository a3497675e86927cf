/**
 * Draws `layers.json` as a mermaid graph between the markers in CONTRIBUTING.md. Only the edges that say something new
 * are drawn: an arrow is left out where a longer path already leads there. Without `--write`, checks that the picture is up to date.
 *
 * @module
 */
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";

const file = "CONTRIBUTING.md";
const [open, close] = ["<!-- layers -->", "<!-- /layers -->"];
const { imports } = JSON.parse(readFileSync("layers.json", "utf8")) as { imports: Record<string, readonly string[]> };

const reaches = (from: string, to: string): boolean =>
  (imports[from] ?? []).some((next) => next === to || reaches(next, to));

const edges = Object.entries(imports).flatMap(([layer, allowed]) =>
  allowed
    .filter((target) => !allowed.some((other) => other !== target && reaches(other, target)))
    .map((target) => `  ${layer} --> ${target}`),
);
const picture = [open, "", "```mermaid", "graph BT", ...edges, "```", "", close].join("\n");

const text = readFileSync(file, "utf8");
const [from, to] = [text.indexOf(open), text.indexOf(close)];
if (from === -1 || to === -1) throw new Error(`${file} has no ${open} … ${close}`);
const drawn = text.slice(0, from) + picture + text.slice(to + close.length);
if (drawn !== text) {
  if (!argv.includes("--write")) {
    console.error(`${file} does not show layers.json; run \`npm run layers -- --write\``);
    exit(1);
  }
  writeFileSync(file, drawn);
}
