import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { env, execPath } from "node:process";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeUnless } from "../support/when.js";
import { standardHash } from "./standard-world.js";

/** What every process, thread and release of Node must come to. A test run in another pool is told by whoever runs it. */
let expected: string;
beforeAll(async () => {
  expected = await standardHash(7);
});

test("the same seed gives the same trace, in whichever pool of vitest, and another seed another", async () => {
  expect(await standardHash(7)).toBe(env["KEELSON_EXPECTED_HASH"] ?? expected);
  expect(await standardHash(8)).not.toBe(expected);
});

describe("outside this process", () => {
  const folder = mkdtempSync(join(tmpdir(), "keelson-simulation-"));
  const script = join(folder, "hash.mjs");

  const bundle = (contents: string, outfile: string): Promise<unknown> =>
    build({
      stdin: { contents, resolveDir: resolve("test/simulation"), loader: "ts" },
      bundle: true,
      platform: "node",
      target: "node20.19",
      format: "esm",
      tsconfig: "tsconfig.json",
      outfile,
    });

  beforeAll(async () => {
    await bundle(`import { standardHash } from "./standard-world.ts"; console.log(await standardHash(7));`, script);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  test("another process", () => {
    expect(execFileSync(execPath, [script], { encoding: "utf8" }).trim()).toBe(expected);
  });

  // Not in this process: vitest would count the rejection as its own.
  test("a rejection that nobody handles fails the simulation", async () => {
    const floating = join(folder, "floating.mjs");
    await bundle(
      `import { simulate } from "keelson/simulation";
       const failed = simulate({ seed: 1 }, (sim) => {
         sim.host("api", () => void Promise.reject(new Error("no such table")));
         return sim.sleep(5);
       });
       console.log(await failed.catch(String));`,
      floating,
    );
    const printed = execFileSync(execPath, [floating], { encoding: "utf8" });
    expect(printed).toContain('a promise of host "api" was rejected and nobody awaits it: no such table');
  });

  test("a worker thread", async () => {
    const worker = new Worker(script, { stdout: true });
    let output = "";
    for await (const chunk of worker.stdout) output += String(chunk);
    expect(output.trim()).toBe(expected);
  });

  const isDeep = env["KEELSON_DEEP"] === "1" && env["KEELSON_EXPECTED_HASH"] === undefined;
  describeUnless(isDeep ? undefined : "npm run test:deep runs it", "vitest", () => {
    test.each(["forks", "threads"])("in its pool of %s", (pool) => {
      const args = [
        "run",
        "--project",
        "test",
        `--pool=${pool}`,
        "test/simulation/determinism.test.ts",
        "-t",
        "whichever pool",
      ];
      const command = [resolve("node_modules/vitest/vitest.mjs"), ...args];
      execFileSync(execPath, command, { env: { ...env, KEELSON_EXPECTED_HASH: expected }, stdio: "pipe" });
    });
  });

  for (const release of ["22", "24", "26"]) {
    const node = resolve("node_modules/.cache/runtimes", release, "node_modules/node/bin/node");
    const missing = existsSync(node) ? undefined : "npm run test:runtimes fetches it";
    describeUnless(missing, `Node ${release}`, () => {
      test("has the same trace", () => {
        expect(execFileSync(node, [script], { encoding: "utf8" }).trim()).toBe(expected);
      });
    });
  }
});
