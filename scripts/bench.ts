/**
 * `npm run bench -- <suite> [--rounds 7] [--row id]… [--json [file]]`: measures the rows of `bench/<suite>.bench.ts`
 * and prints a table; `--json` prints the figures as JSON instead, or writes them to a file besides. Without a suite,
 * lists them.
 *
 * What is measured is what users run: the suite is compiled as the package is (tsx would keep the name of every closure
 * at run time, which costs more than many an operation). Each row has a process of its own, so that its figure does not
 * depend on which rows ran before it.
 *
 * @module
 */
import { fork } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { argv, exit, version } from "node:process";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { globSync } from "tinyglobby";
import type { Result } from "../bench/harness.js";

const stdout = "-";
const { positionals, values } = parseArgs({
  // A `--json` that no file follows means the standard output.
  args: argv
    .slice(2)
    .map((arg, index, { [index + 1]: next = "--" }) =>
      arg === "--json" && next.startsWith("--") ? `--json=${stdout}` : arg,
    ),
  allowPositionals: true,
  options: {
    json: { type: "string" },
    rounds: { type: "string", default: "7" },
    row: { type: "string", multiple: true, default: [""] },
  },
});
const suites = globSync("bench/*.bench.ts").map((file) => file.slice("bench/".length, -".bench.ts".length));
const [suite] = positionals;
const rounds = Number(values.rounds);
if (suite === undefined || !suites.includes(suite)) {
  console.error(
    `usage: npm run bench -- <suite> [--rounds n] [--row id]… [--json [file]]\nsuites: ${suites.sort().join(", ")}`,
  );
  exit(1);
}
if (!Number.isSafeInteger(rounds) || rounds < 5) {
  console.error(`Expected --rounds to be an integer of at least 5, got ${values.rounds}`);
  exit(1);
}

const compiled = await compile(suite);
const ids = await inChild<readonly string[]>(compiled, "--list");
const unknown = values.row.find((part) => !ids.some((id) => id.includes(part)));
if (unknown !== undefined) {
  console.error(`Expected --row to be part of a row's id, got ${unknown}\nrows: ${ids.join(", ")}`);
  exit(1);
}
const wanted = ids.filter((id) => values.row.some((part) => id.includes(part)));
const cpu = cpus()[0]?.model ?? "unknown";
const print = values.json === stdout ? console.error : console.log;
print(`${suite} · node ${version} · ${cpu} · median of ${values.rounds} rounds\n`);
const width = Math.max(...wanted.map((id) => id.length));
const results: Result[] = [];
for (const id of wanted) {
  const result = await inChild<Result>(compiled, id, values.rounds);
  results.push(result);
  print(lines(result).join("\n"));
}
const json = JSON.stringify({ suite, node: version, cpu, rows: results }, null, 2);
if (values.json === stdout) console.log(json);
else if (values.json !== undefined) writeFileSync(values.json, `${json}\n`);

async function compile(name: string): Promise<string> {
  const outfile = resolve(`node_modules/.cache/bench/${name}.mjs`);
  const contents = `
    import { rows } from "./bench/${name}.bench.ts";
    import { answer } from "./bench/harness.ts";
    await answer(rows);`;
  await build({
    stdin: { contents, resolveDir: ".", loader: "ts" },
    outfile,
    bundle: true,
    packages: "external",
    format: "esm",
    platform: "node",
    target: "node20.19",
    sourcemap: "inline",
    logLevel: "warning",
  });
  return outfile;
}

function inChild<T>(file: string, ...args: readonly string[]): Promise<T> {
  return new Promise((resolvePromise, reject) => {
    const child = fork(file, args, { execArgv: ["--expose-gc", "--enable-source-maps"] });
    child.once("message", (message) => {
      resolvePromise(message as T);
    });
    child.once("exit", (code) => {
      reject(new Error(`${args[0] ?? ""} of ${suite ?? ""} exited with code ${String(code)} and no result`));
    });
  });
}

function lines({ id, unit, value, spread, ratio, against, peers = {}, note }: Result): string[] {
  const peer = ratio === undefined ? "" : `  ${ratio.toFixed(2)} × ${against ?? ""}`;
  const first = `${id.padEnd(width)} ${figure(value).padStart(12)} ${unit.padEnd(6)} ±${(spread * 100).toFixed(0).padStart(2)} %${peer}`;
  const others = Object.entries(peers).map(([name, median]) => `${name} ${figure(median)}`);
  const more = [others.join(" · "), note ?? ""].filter((line) => line !== "");
  return [first, ...more.map((line) => `${" ".repeat(width)} ${line}`)];
}

function figure(value: number): string {
  return value.toLocaleString("en", { maximumSignificantDigits: 4 });
}
