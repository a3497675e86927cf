import { cruise, type ICruiseResult, type IForbiddenRuleType } from "dependency-cruiser";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";

interface Rules {
  readonly forbidden: IForbiddenRuleType[];
  readonly options: object;
}

const rules = createRequire(import.meta.url)("../../dependency-cruiser.cjs") as Rules;
const project = mkdtempSync(join(tmpdir(), "keelson-layers-"));
afterAll(() => {
  rmSync(project, { recursive: true });
});

/** The rules broken by a source tree, as `rule: file -> import`. */
async function broken(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const root = mkdtempSync(join(project, "tree-"));
  cpSync("package.json", join(root, "package.json"));
  symlinkSync(resolve("node_modules"), join(root, "node_modules"));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const { forbidden, options } = rules;
  const { output } = await cruise(["src"], {
    ...options,
    validate: true,
    ruleSet: { forbidden },
    baseDir: root,
  });
  return (output as ICruiseResult).summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
}

describe("the layer rules report", () => {
  test.each([
    ["an import upwards", "layer-core", "src/core/a.ts", `import "../time/index.js";`],
    [
      "a type import upwards",
      "layer-core",
      "src/core/a.ts",
      `import type { X } from "../time/index.js"; export type Y = X;`,
    ],
    ["a folder that shipped code may not know", "layer-channels", "src/channels/a.ts", `import "../testing/index.js";`],
    ["a folder without a place", "known-layer", "src/misc/a.ts", `import "../core/errors.js";`],
    ["a side door", "front-door", "src/channels/a.ts", `import "../time/sleep.js";`],
    ["one's own index", "not-own-front-door", "src/channels/a.ts", `import "./index.js";`],
    ["a vendor past its door", "one-door-p-limit", "src/resilience/retry.ts", `import "p-limit";`],
    ["node: in a lower tier", "node-at-the-rim", "src/channels/a.ts", `import "node:fs";`],
    ["a development dependency", "no-dev-deps", "src/channels/a.ts", `import "vitest";`],
    [
      "a driver that knows another",
      "drivers-are-strangers",
      "src/store/drivers/etcd/a.ts",
      `import "../memory/index.js";`,
    ],
    ["a root that reaches up", "root-is-the-lower-tiers", "src/index.ts", `export * from "./controllers/index.js";`],
  ])("%s", async (_, rule, file, text) => {
    const others = {
      "src/core/errors.ts": "export {};",
      "src/time/index.ts": "export type X = 1;",
      "src/time/sleep.ts": "export {};",
      "src/testing/index.ts": "export {};",
      "src/channels/index.ts": "export {};",
      "src/controllers/index.ts": "export {};",
      "src/store/drivers/memory/index.ts": "export {};",
    };
    expect(await broken({ ...others, [file]: text })).toContain(`${rule}: ${file}`);
    expect(await broken({ ...others, [file]: "export {};" })).toEqual([]);
  });

  test("a cycle", async () => {
    const files = { "src/core/a.ts": `import "./b.js";`, "src/core/b.ts": `import "./a.js";` };
    expect(await broken(files)).toContain("no-cycle: src/core/a.ts");
  });
});
