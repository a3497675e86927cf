/**
 * The tests with the stores that need a server: makes sure that Postgres, etcd and a SQLite binding are there (on
 * Debian as root it installs them), says what is missing, and runs test/services and every other suite that asks for a
 * server, with KEELSON_SERVICES set; those of SQLite with both of its drivers. Arguments go on to vitest; ETCD_BIN names
 * another etcd.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { resolve } from "node:path";
import { argv, env, execPath, exit, getuid, versions } from "node:process";
import { globSync } from "tinyglobby";
import { etcdVersion, postgresFolder } from "../test/support/servers.js";
import { fetchNode } from "./runtimes/fetch.js";

/** Something that tests need, and how it is had. */
interface Need {
  readonly name: string;
  readonly find: () => string | undefined;
  readonly install: () => boolean;
  readonly hint: string;
}

const needs: readonly Need[] = [
  {
    name: "Postgres",
    find: postgresFolder,
    install: () => apt("postgresql"),
    hint: "install Debian's postgresql, or its programs under /usr/lib/postgresql/<version>/bin",
  },
  {
    name: "etcd",
    find: () => etcdVersion(),
    install: () => apt("etcd-server"),
    hint: "install Debian's etcd-server, or name a binary by ETCD_BIN",
  },
  {
    name: "SQLite",
    find: () => (hasNodeSqlite() ? "node:sqlite" : installed("better-sqlite3")),
    install: installSqlite,
    hint: "Node 22.13 brings node:sqlite; on older ones, npm install --no-save better-sqlite3@12",
  },
];

let isComplete = true;
for (const need of needs) {
  const found = need.find() ?? (need.install() ? need.find() : undefined);
  console.log(found === undefined ? `${need.name}: missing; ${need.hint}` : `${need.name}: ${found}`);
  isComplete &&= found !== undefined;
}
if (!isComplete && env["CI"] !== undefined) exit(1);

/** Those of SQLite, whose driver depends on the version of Node. */
const ofSqlite = globSync("test/store/sqlite-*.test.ts");
const asking = globSync("test/**/*.test.ts", { ignore: "test/doctest/**" }).filter(
  (file) => file.startsWith("test/services/") || readFileSync(file, "utf8").includes("support/servers.js"),
);
const [first] = argv.slice(2);
const isNamed = first !== undefined && !first.startsWith("-");
const isPassed = runVitest(execPath, [...(isNamed ? [] : [...asking, ...ofSqlite]), ...argv.slice(2)]);
exit(isPassed && (isNamed || hasNodeSqlite() || runWithNodeSqlite()) ? 0 : 1);

/** The same tests of SQLite once more, with the driver that a newer Node brings. */
function runWithNodeSqlite(): boolean {
  const node = fetchNode("22.13.1");
  if ("missing" in node) console.log(`node:sqlite: skipped; ${node.missing}`);
  else console.log("\n--- node:sqlite, with the first Node that has it");
  return (
    "missing" in node ||
    runVitest(node.path, ofSqlite, {
      KEELSON_REPORT: undefined,
      KEELSON_COVERAGE: env["KEELSON_COVERAGE"]?.replace(".json", "-node.json"),
    })
  );
}

function runVitest(node: string, args: readonly string[], extra: NodeJS.ProcessEnv = {}): boolean {
  const { status } = spawnSync(node, ["node_modules/vitest/vitest.mjs", "run", "--project", "test", ...args], {
    stdio: "inherit",
    env: { ...env, KEELSON_SERVICES: "1", ...extra },
  });
  return status === 0;
}

/** In a folder of its own: npm takes an optional peer of the project for installed when it is not. */
function installSqlite(): boolean {
  const folder = resolve("node_modules/.cache/better-sqlite3");
  mkdirSync(folder, { recursive: true });
  const args = ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", folder, "better-sqlite3@12"];
  if (!run("npm", args)) return false;
  rmSync("node_modules/better-sqlite3", { recursive: true, force: true });
  symlinkSync(`${folder}/node_modules/better-sqlite3`, "node_modules/better-sqlite3");
  return true;
}

function hasNodeSqlite(): boolean {
  const [major = 0, minor = 0] = versions.node.split(".").map(Number);
  return major > 22 || (major === 22 && minor >= 13);
}

function installed(name: string): string | undefined {
  const path = `node_modules/${name}/package.json`;
  if (!existsSync(path)) return undefined;
  return `${name} ${(JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version}`;
}

function apt(name: string): boolean {
  if (getuid?.() !== 0 || !existsSync("/etc/debian_version")) return false;
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  const patience = ["-o", "DPkg::Lock::Timeout=120"]; // another one may be at work
  const install = (): boolean => run("apt-get", [...patience, "install", "-y", "--no-install-recommends", name], quiet);
  return install() || (run("apt-get", [...patience, "update"]) && install());
}

function run(command: string, args: readonly string[], extra: Readonly<Record<string, string>> = {}): boolean {
  console.log(`$ ${command} ${args.join(" ")}`);
  return spawnSync(command, args, { stdio: "inherit", env: { ...env, ...extra } }).status === 0;
}
