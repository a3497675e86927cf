import { spawnSync } from "node:child_process";
import { env, execPath } from "node:process";
import { describe, expect, test } from "vitest";
import { simulate } from "keelson/simulation";
import { outcome } from "../support/outcome.js";

const fixture = "test/support/failing-simulation.mts";

function replayIn(output: string): string {
  return /replay: (.*)/.exec(output)?.[1] ?? "";
}

/** Runs a command with nothing of vitest in its environment. */
function run(command: string, ...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    env: { ...env, VITEST: undefined, NODE_TEST_CONTEXT: undefined },
  });
  return { status, output: stdout + stderr };
}

describe("the command that replays", () => {
  test("names the test as one word of the shell, and as the pattern of this very text", async () => {
    const name = "isn't it [x] (costs $5)";
    const failed = await outcome(simulate({ seed: 9, name }, () => Promise.reject(new Error("boom"))));
    const command = replayIn(String(failed));
    expect(command).toMatch(/^KEELSON_SIM_SEED=9 npx vitest run -t '/);
    const pattern = run("sh", "-c", `printf %s ${command.slice(command.indexOf("-t ") + 3)}`).output;
    expect(new RegExp(pattern).test(name)).toBe(true);
  });

  test("runs that test, and no other, under node --test with what node was given", () => {
    const { output } = run(execPath, "--import", "tsx", "--test", fixture);
    const command = replayIn(output);
    expect(command).toContain("node --import tsx --test --test-name-pattern=");
    expect(command).toContain(fixture);
    const again = run("sh", "-c", command);
    expect(again.status).toBe(1);
    expect(again.output).toContain("the test failed: boom");
    expect(again.output).not.toMatch(/^(?:✔|ok \d+ -) another one(?! # SKIP)/m);
  });

  test("is told under node --test, too, when the time is over, though that runner has no limit", () => {
    const { output } = run(execPath, "--import", "tsx", "--test", "test/support/endless-simulation.mts");
    expect(output).toContain("the 50 ms of `timeoutMs` are over with seed 7 running, after 0 of 2 runs");
    expect(replayIn(output)).toContain("KEELSON_SIM_SEED=7 node --import tsx --test");
  });

  test("names tsx and the file, whatever it ends in, where tsx runs it", () => {
    expect(replayIn(run("npx", "tsx", fixture).output)).toBe(`KEELSON_SIM_SEED=1 npx tsx ${fixture}`);
  });

  test("hands a program what it was given", () => {
    const program = "test/support/failing-program.mts";
    const command = replayIn(run("npx", "tsx", program, "crash,pause", "isn't it").output);
    expect(command).toBe(`KEELSON_SIM_SEED=3 npx tsx ${program} crash,pause 'isn'\\''t it'`);
    const again = run("sh", "-c", command).output;
    expect(again).toContain("the test failed: crash,pause and isn't it");
    expect(replayIn(run(execPath, "--import", "tsx", program, "pause").output)).toBe(
      `KEELSON_SIM_SEED=3 node --import tsx ${program} pause`,
    );
  });
});
