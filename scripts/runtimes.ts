/**
 * `npm run test:runtimes [-- <runtime>…]`: runs the tests under other releases of Node, and those of the folders that
 * work everywhere in Bun, Deno and a browser. Says which runtimes could not be had.
 *
 * @module
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { argv, env, exit } from "node:process";
import { runInChromium } from "./runtimes/browser.js";
import { type Bundle, bundleTests } from "./runtimes/bundle.js";
import { type Fetched, fetchBun, fetchDeno, fetchNode, fetchPRetry, findChromium } from "./runtimes/fetch.js";
import type { Summary } from "./runtimes/vitest-shim.js";

const deadlineMs = 300_000;

interface Runtime {
  readonly fetch: () => Fetched;
  /** Runs the tests with that program; tells whether all passed. */
  readonly run: (program: string) => boolean | Promise<boolean>;
}

const runtimes: Readonly<Record<string, Runtime>> = {
  "22": { fetch: () => fetchNode("22"), run: runVitest },
  "24": { fetch: () => fetchNode("24"), run: runVitest },
  "26": { fetch: () => fetchNode("26"), run: runVitest },
  "p-retry": { fetch: fetchPRetry, run: runPRetry },
  bun: { fetch: fetchBun, run: (bun) => runBundle(bun, []) },
  deno: { fetch: fetchDeno, run: (deno) => runBundle(deno, ["run", "--allow-all", "--no-lock"]) },
  chromium: { fetch: findChromium, run: runBrowser },
};

const chosen = argv.length > 2 ? argv.slice(2) : Object.keys(runtimes);
const outcomes: [name: string, outcome: string][] = [];
for (const name of chosen) {
  const runtime = runtimes[name];
  if (runtime === undefined) {
    console.error(`Expected one of ${Object.keys(runtimes).join(", ")}, got ${name}`);
    exit(1);
  }
  console.log(`\n--- ${name}`);
  const fetched = runtime.fetch();
  if ("missing" in fetched) outcomes.push([name, `skipped: ${fetched.missing}`]);
  else outcomes.push([name, (await runtime.run(fetched.path)) ? "passed" : "failed"]);
}
console.log();
for (const [name, outcome] of outcomes) console.log(`${name.padEnd(8)} ${outcome}`);
exit(outcomes.some(([, outcome]) => outcome === "failed") ? 1 : 0);

function runVitest(node: string): boolean {
  return spawnSync(node, ["node_modules/vitest/vitest.mjs", "run"], { stdio: "inherit" }).status === 0;
}

/** The same results with the newest p-retry, on a Node that it runs on. */
function runPRetry(pRetry: string): boolean {
  const node = fetchNode("24");
  if ("missing" in node) return false;
  const args = ["node_modules/vitest/vitest.mjs", "run", "test/resilience"];
  return spawnSync(node.path, args, { stdio: "inherit", env: { ...env, KEELSON_P_RETRY: pRetry } }).status === 0;
}

async function runBundle(program: string, args: readonly string[]): Promise<boolean> {
  const bundle = await bundleTests("node");
  announce(bundle);
  const main = bundle.path.replace(/\.mjs$/, "-main.mjs");
  writeFileSync(
    main,
    `import { run } from ${JSON.stringify(bundle.path)};
    const { passed, failures } = await run(({ test, error }) => console.error(\`✗ \${test}\\n\${error}\`));
    console.log(\`\${passed} passed, \${failures.length} failed\`);
    process.exit(passed > 0 && failures.length === 0 ? 0 : 1);`,
  );
  return spawnSync(program, [...args, main], { stdio: "inherit", timeout: deadlineMs }).status === 0;
}

async function runBrowser(chromium: string): Promise<boolean> {
  const bundle = await bundleTests("browser");
  announce(bundle);
  const { passed, failures }: Summary = await runInChromium(chromium, bundle.path, deadlineMs);
  for (const { test, error } of failures) console.error(`✗ ${test}\n${error}`);
  console.log(`${String(passed)} passed, ${String(failures.length)} failed`);
  return passed > 0 && failures.length === 0;
}

function announce({ files, leftOut }: Bundle): void {
  console.log(`${String(files)} files; left out:`);
  for (const { file, reason } of leftOut) console.log(`  ${file}: ${reason}`);
}
