import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { env, execPath } from "node:process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeUnless } from "../support/when.js";

/** How long a package manager and other programs may take, on a slow machine. */
const patience = 600_000;

/** Somebody's service: a channel, a timer and a store, and, where asked for, a raw timer. */
const service = `
import { mpsc } from "keelson/channels";
import { remoteStore } from "keelson/simulation";
import { put } from "keelson/store";
import { interval } from "keelson/time";

export async function counter({ net }, usesRawTimer = false) {
  const store = remoteStore(net, "store");
  const [ticks, counted] = mpsc.channel(4);
  void (async () => {
    for await (const _ of interval("1s")) await ticks.send("tick");
  })();
  for (let n = 1; ; n += 1) {
    await counted.recv();
    if (usesRawTimer && n === 3) await flushLater();
    await put(store, "/count", String(n));
  }
}

function flushLater() {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
`;

/** The same test for every runner: only where `test` comes from differs. */
function suite(importTest: string): string {
  return `
${importTest}
import { simTest, remoteStore } from "keelson/simulation";
import { counter } from "./service.mjs";

const options = { test, runs: 3, net: { latency: { min: 1, max: 20 } } };
const world = (usesRawTimer) => async (sim) => {
  sim.store("store");
  sim.host("counter", (host) => counter(host, usesRawTimer));
  sim.after("5s", () => sim.pause("counter", "2s"));
  await sim.sleep("30s");
  const { kv } = await remoteStore(sim.net, "store").get("/count");
  if (!(Number(new TextDecoder().decode(kv?.value)) > 20)) throw new Error("counted too little");
};
simTest("counts", options, world(false));
if (process.env.RAW === "1") simTest("uses a raw timer", options, world(true));
`;
}

describeUnless(
  env["KEELSON_PACKAGE"] === "1" ? undefined : "npm run test:package runs it",
  "the packed package's simulation, with a service of a user's",
  () => {
    let project: string;

    beforeAll(() => {
      project = mkdtempSync(join(tmpdir(), "keelson-simulated-"));
      writeFileSync(join(project, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
      const pack = ["pack", "--json", "--ignore-scripts", "--pack-destination", project];
      const [{ filename }] = JSON.parse(execFileSync("npm", pack, { encoding: "utf8" })) as [{ filename: string }];
      execFileSync("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", `./${filename}`], {
        cwd: project,
        stdio: "pipe",
      });
      symlinkSync(resolve("node_modules/vitest"), join(project, "node_modules/vitest"));
      writeFileSync(join(project, "service.mjs"), service);
      writeFileSync(join(project, "vitest.test.mjs"), suite(`import { test } from "vitest";`));
      writeFileSync(join(project, "node.mjs"), suite(`import { test } from "node:test";`));
      writeFileSync(
        join(project, "jest.mjs"),
        suite(`const test = (name, body, timeout) =>
          void body().then(() => console.log("✓ " + name), (error) => { console.log(error); process.exitCode = 1; });`),
      );
    }, patience);

    afterAll(() => {
      rmSync(project, { recursive: true, force: true });
    });

    const run = (args: readonly string[], raw: string): { readonly status: number | null; readonly output: string } => {
      const plain = { ...env, VITEST: undefined, NODE_TEST_CONTEXT: undefined, RAW: raw, NO_COLOR: "1" };
      const { status, stdout, stderr } = spawnSync(execPath, args, { cwd: project, encoding: "utf8", env: plain });
      return { status, output: stdout + stderr };
    };

    test.each([
      ["vitest", [resolve("node_modules/vitest/vitest.mjs"), "run", "--root", ".", "--reporter=verbose"]],
      ["node:test", ["--test", "node.mjs"]],
      ["a test function in the manner of jest", ["jest.mjs"]],
    ])(
      "under %s it passes, and a raw timer in it is reported with its stack",
      (_, args) => {
        const { status, output } = run(args, "0");
        expect(output).toContain("counts");
        expect(status).toBe(0);
        const failed = run(args, "1");
        expect(failed.status).not.toBe(0);
        expect(failed.output).toContain('host "counter" called setTimeout(), which no seed controls');
        expect(failed.output).toMatch(/flushLater.*service\.mjs:\d+/);
        expect(failed.output).toContain("KEELSON_SIM_SEED=1");
      },
      patience,
    );
  },
);
