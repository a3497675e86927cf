/**
 * Runs the tests under other releases of Node, fetched as npm packages into node_modules/.cache, so that neither the
 * machine nor the project's own dependencies change. `npm run test:runtimes -- 24` picks one release.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { arch, argv, exit, platform } from "node:process";
import { resolve } from "node:path";

const releases = argv.length > 2 ? argv.slice(2) : ["22", "24", "26"];
const system = `node-${platform === "win32" ? "win" : platform}-${arch}`;

const outcomes = releases.map((release) => ({ release, outcome: testUnder(release) }));
for (const { release, outcome } of outcomes) console.log(`node ${release}: ${outcome}`);
if (outcomes.some(({ outcome }) => outcome === "failed")) exit(1);

function testUnder(release: string): "passed" | "failed" | "skipped, could not be fetched" {
  const node = fetchNode(release);
  if (node === undefined) return "skipped, could not be fetched";
  console.log(`\n--- ${spawnSync(node, ["--version"]).stdout.toString().trim()}`);
  const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run"], { stdio: "inherit" });
  return status === 0 ? "passed" : "failed";
}

function fetchNode(release: string): string | undefined {
  const cache = resolve("node_modules/.cache/runtimes", release);
  const node = resolve(cache, `node_modules/node/bin/node`);
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const wanted = `node@npm:${system}@${release}`;
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", cache, wanted];
  const { status, stderr } = spawnSync("npm", args);
  if (status === 0 && existsSync(node)) return node;
  console.error(`node ${release}: npm could not install ${wanted}\n${stderr.toString().trim()}`);
  return undefined;
}
