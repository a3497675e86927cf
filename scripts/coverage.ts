/**
 * `npm run coverage`: the lines of `src` that `npm test` and `npm run test:services` reach together; fails when they are
 * fewer than vitest.config.ts asks for. With `--merge` it runs neither, and takes what both have left, run with
 * KEELSON_COVERAGE=node_modules/.cache/coverage/<name>.json.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { argv, env, exit } from "node:process";

const folder = "node_modules/.cache/coverage";

if (!argv.includes("--merge")) {
  rmSync(folder, { recursive: true, force: true });
  run("npm", ["test"], `${folder}/test.json`);
  run("npm", ["run", "test:services"], `${folder}/services.json`);
}
run("npx", ["vitest", `--merge-reports=${folder}`, "--coverage", "--reporter=dot"]);

function run(command: string, args: readonly string[], coverage?: string): void {
  const { status } = spawnSync(command, args, {
    stdio: "inherit",
    env: coverage === undefined ? env : { ...env, KEELSON_COVERAGE: coverage },
  });
  if (status !== 0) exit(status ?? 1);
}
