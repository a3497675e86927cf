import { ESLint, Linter } from "eslint";
import { describe, expect, test } from "vitest";

/** The bans as they stand for a file, run without types: a seed is not part of the program. */
async function violations(file: string, code: string): Promise<number> {
  const { rules } = (await new ESLint().calculateConfigForFile(file)) as { rules: Linter.RulesRecord };
  const bans = Object.entries(rules).filter(([name]) => name.startsWith("no-restricted-"));
  return new Linter().verify(code, { rules: Object.fromEntries(bans) }).length;
}

describe("time and chance are the runtime's", () => {
  test.each([
    "setTimeout(() => {}, 1);",
    "setInterval(() => {}, 1);",
    "setImmediate(() => {});",
    "queueMicrotask(() => {});",
    "globalThis.setTimeout(() => {}, 1);",
    "globalThis.Math.random();",
    "Date.now();",
    "const { now } = Date;",
    "new Date();",
    "new Date;",
    "Date();",
    "performance.now();",
    "Math.random();",
    "crypto.randomUUID();",
    "crypto.getRandomValues(new Uint8Array(1));",
    "process.hrtime();",
    "process.hrtime.bigint();",
    "process.nextTick(() => {});",
    "AbortSignal.any([]);",
    "AbortSignal.timeout(1);",
    "new MessageChannel();",
    'import { setTimeout } from "node:timers/promises";',
    'import { setTimeout } from "timers";',
    'import { performance as clock } from "node:perf_hooks";',
    'const timers = await import("node:timers");',
    'const timers = process.getBuiltinModule("node:timers/promises");',
  ])("%s", async (code) => {
    expect(await violations("src/channels/mpsc.ts", code)).toBeGreaterThan(0);
    expect(await violations("src/index.ts", code)).toBeGreaterThan(0);
  });

  test.each(["new Date(0);", "Date.UTC(2026);", "Math.max(1, 2);", 'import { readFile } from "node:fs/promises";'])(
    "allowed: %s",
    async (code) => {
      expect(await violations("src/channels/mpsc.ts", code)).toBe(0);
    },
  );

  test.each(["src/core/host.ts", "src/core/system-runtime.ts", "test/core/runtime.test.ts", "scripts/check.ts"])(
    "not banned in %s",
    async (file) => {
      expect(await violations(file, "setTimeout(() => Math.random(), Date.now());")).toBe(0);
    },
  );
});
