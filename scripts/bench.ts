/**
 * `npm run bench -- <suite> [--rounds 7] [--json file]`: runs `bench/<suite>.bench.ts`, prints a table and, if asked,
 * writes the figures as JSON. Without a suite, lists them.
 *
 * @module
 */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { exit, version } from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { globSync } from "tinyglobby";
import { measureRow, type Result, type Row } from "../bench/harness.js";

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "string" }, rounds: { type: "string", default: "7" } },
});
const suites = globSync("bench/*.bench.ts").map((file) => file.slice("bench/".length, -".bench.ts".length));
const [suite] = positionals;
const rounds = Number(values.rounds);
if (suite === undefined || !suites.includes(suite)) {
  console.error(`usage: npm run bench -- <suite> [--rounds n] [--json file]\nsuites: ${suites.sort().join(", ")}`);
  exit(1);
}
if (!Number.isSafeInteger(rounds) || rounds < 5) {
  console.error(`Expected --rounds to be an integer of at least 5, got ${values.rounds}`);
  exit(1);
}

const { rows } = (await import(pathToFileURL(`bench/${suite}.bench.ts`).href)) as { rows: readonly Row[] };
const cpu = cpus()[0]?.model ?? "unknown";
console.log(`${suite} · node ${version} · ${cpu} · median of ${rounds} rounds\n`);
const width = Math.max(...rows.map(({ id }) => id.length));
const results: Result[] = [];
for (const row of rows) {
  const result = await measureRow(row, rounds);
  results.push(result);
  console.log(line(result));
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ suite, node: version, cpu, rows: results }, null, 2)}\n`);
}

function line({ id, unit, value, spread, ratio, against }: Result): string {
  const figure = value.toLocaleString("en", { maximumSignificantDigits: 4 }).padStart(12);
  const peer = ratio === undefined ? "" : `  ${ratio.toFixed(2)} × ${against ?? ""}`;
  return `${id.padEnd(width)} ${figure} ${unit.padEnd(6)} ±${(spread * 100).toFixed(0).padStart(2)} %${peer}`;
}
