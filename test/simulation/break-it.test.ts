import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { env } from "node:process";
import { expect, test } from "vitest";

/** Numbers and hashes depend on the order of events, which any change of a primitive may move. */
function masked(output: string): string {
  return output
    .replaceAll(/trace [0-9a-f]{16}/g, "trace …")
    .replaceAll(/\d+(\.\d+)?/g, "0")
    .replaceAll(/"host":"[ab]"|pause [ab]/g, (text) => text.replace(/[ab](?="?$)/, "x"));
}

test("the example prints what the README shows: a bug, shrunk to one pause, and its mending", () => {
  const printed = execFileSync("npx", ["tsx", "examples/break-it/main.ts"], {
    encoding: "utf8",
    env: { ...env, VITEST: undefined }, // it would be told how to replay a vitest
  });
  expect(printed).toMatch(/faults, shrunk from \d+ to 1:\n {4}at .* pause [ab] for/);
  const shown = /```text\n(A leader that checks[^]*?)\n```/.exec(readFileSync("README.md", "utf8"))?.[1];
  expect(masked(printed.trim())).toBe(masked(shown ?? ""));
});
