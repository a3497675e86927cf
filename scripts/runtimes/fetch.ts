/**
 * Gets other runtimes as npm packages into a cache of the user's, so that neither the machine nor the project's own
 * dependencies change.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { arch, env, platform } from "node:process";

const cache = join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "keelson-runtimes");
const system = platform === "win32" ? "win" : platform;

/** The path of a program, or why it can't be had. */
export type Fetched = { readonly path: string } | { readonly missing: string };

/** That release of Node. */
export function fetchNode(release: string): Fetched {
  return fromNpm(`node-${release}`, `node@npm:node-${system}-${arch}@${release}`, "node/bin/node");
}

/** The newest p-retry, which needs a newer Node than the one we depend on. */
export function fetchPRetry(): Fetched {
  return fromNpm("p-retry", "p-retry@latest", "p-retry/index.js");
}

/** Bun's binary, from its package for this machine. */
export function fetchBun(): Fetched {
  const name = `@oven/bun-${platform}-${arch === "arm64" ? "aarch64" : arch}`;
  return fromNpm("bun", `${name}@1`, `${name}/bin/bun`);
}

/** Deno's binary, from its package for this machine. */
export function fetchDeno(): Fetched {
  const name = `@deno/${platform}-${arch}${platform === "linux" ? "-glibc" : ""}`;
  return fromNpm("deno", `${name}@2`, `${name}/deno`);
}

/** A Chromium that is installed, or that `CHROMIUM` names. */
export function findChromium(): Fetched {
  for (const name of [env["CHROMIUM"], "chromium", "chromium-browser", "google-chrome"]) {
    if (name === undefined) continue;
    const { stdout, status } = spawnSync("which", [name], { encoding: "utf8" });
    if (status === 0) return { path: stdout.trim() };
  }
  return { missing: "no Chromium is installed (on Debian: apt install chromium)" };
}

function fromNpm(folder: string, wanted: string, program: string): Fetched {
  const prefix = join(cache, folder);
  const path = join(prefix, "node_modules", program);
  if (existsSync(path)) return { path };
  mkdirSync(prefix, { recursive: true });
  const args = ["install", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", prefix, wanted];
  const { status, stderr } = spawnSync("npm", args, { encoding: "utf8" });
  if (status === 0 && existsSync(path)) return { path };
  return { missing: `npm could not install ${wanted}: ${stderr.trim().split("\n")[0] ?? ""}` };
}
