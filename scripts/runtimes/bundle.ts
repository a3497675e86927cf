/**
 * Bundles the tests that can run outside Node and vitest.
 *
 * @module
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { type Plugin, build } from "esbuild";
import { globSync } from "tinyglobby";

/** The folders that work everywhere. */
const folders = ["core", "time", "sync", "channels", "tasks"];

/** A file of tests that is left out, and why. */
export interface LeftOut {
  readonly file: string;
  readonly reason: string;
}

/** The tests of the portable folders in one file that exports `run`, and those that are not in it. */
export interface Bundle {
  readonly path: string;
  readonly files: number;
  readonly leftOut: readonly LeftOut[];
}

/** Bundles for a host that has Node's modules, or for one that has none. */
export async function bundleTests(platform: "node" | "browser"): Promise<Bundle> {
  const leftOut: LeftOut[] = [];
  const files: string[] = [];
  for (const file of globSync(folders.map((folder) => `test/${folder}/*.test.ts`)).sort()) {
    const reason = await whyNot(file, platform);
    if (reason === undefined) files.push(file);
    else leftOut.push({ file, reason });
  }
  const path = resolve(`node_modules/.cache/runtimes/tests-${platform}.mjs`);
  const imports = files.map((file) => `import "./${file}";`).join("\n");
  await bundle(`${imports}\nexport { run } from "./scripts/runtimes/vitest-shim.ts";`, platform, path);
  return { path, files: files.length, leftOut };
}

/** Why a file can't run there: it needs what only vitest or Node has. */
async function whyNot(file: string, platform: "node" | "browser"): Promise<string | undefined> {
  if (/\b(vi|(after|before)(All|Each))\b.*from "vitest"/.test(readFileSync(file, "utf8")))
    return "uses vitest's fakes or hooks";
  if (platform === "browser" && file === "test/tasks/local.test.ts") return "tests a subpath for Node";
  const { needs } = await bundle(`import "./${file}";`, platform, undefined);
  return needs.length === 0 ? undefined : `needs ${needs.join(", ")}`;
}

async function bundle(
  contents: string,
  platform: "node" | "browser",
  outfile: string | undefined,
): Promise<{ readonly needs: readonly string[] }> {
  const needs = new Set<string>();
  await build({
    stdin: { contents, resolveDir: ".", loader: "ts" },
    ...(outfile === undefined ? { write: false } : { outfile }),
    bundle: true,
    format: "esm",
    platform,
    target: "es2023",
    ...(platform === "browser" ? { inject: ["scripts/runtimes/browser-globals.ts"] } : {}),
    plugins: [stand(needs, platform)],
    logLevel: "error",
  });
  return { needs: [...needs] };
}

/** Puts the shims in place of vitest, and takes note of what the host lacks. */
function stand(needs: Set<string>, platform: "node" | "browser"): Plugin {
  return {
    name: "stand-ins",
    setup(build) {
      // The package says that its files have no side effects; tests have nothing else.
      build.onResolve({ filter: /^\.\/test\// }, ({ path }) => ({ path: resolve(path), sideEffects: true }));
      build.onResolve({ filter: /^vitest$/ }, () => ({ path: resolve("scripts/runtimes/vitest-shim.ts") }));
      build.onResolve({ filter: /^@fast-check\/vitest$/ }, () => ({
        path: resolve("scripts/runtimes/fast-check-shim.ts"),
      }));
      if (platform === "browser") {
        // The rest of it, such as a proxy of sockets, is for Node.
        build.onResolve({ filter: /^keelson\/testing$/ }, () => ({ path: resolve("src/testing/virtual-time.ts") }));
      }
      if (platform === "browser") {
        build.onResolve({ filter: /^node:process$/ }, () => ({ path: "process", namespace: "stand-in" }));
        build.onLoad({ filter: /.*/, namespace: "stand-in" }, () => ({
          contents: `const { process } = globalThis;
            export const env = process?.env ?? {}, argv = [], execArgv = [], cwd = () => "/";
            export default process;`,
        }));
      }
      build.onResolve({ filter: /^node:/ }, ({ path }) => {
        if (platform === "browser" || ["node:v8", "node:vm"].includes(path)) needs.add(path);
        return { path, external: true };
      });
    },
  };
}
