import { readFileSync } from "node:fs";
import type ts from "typescript";
import { describe, expect, test } from "vitest";
import type { Exported } from "../../scripts/surface.js";
import { sections } from "../../scripts/tokio/methods.js";
import { guide, tokioPage } from "../../scripts/tokio/table.js";
import { surface } from "../support/surface.js";

const sources = {
  channels: "src/channels/index.ts",
  sync: "src/sync/index.ts",
  time: "src/time/index.ts",
  tasks: "src/tasks/index.ts",
  "tasks/local": "src/tasks/local.ts",
  core: "src/core/index.ts",
  testing: "src/testing/index.ts",
};

/** The symbol of `mpsc.Sender.send` among what an entry point exports. */
function find(exports: readonly Exported[], path: readonly string[]): ts.Symbol | undefined {
  const [name, ...rest] = path;
  const found = exports.find((exported) => exported.name === name);
  if (found === undefined || rest.length === 0) return found?.symbol;
  if (found.members !== undefined) return find(found.members, rest);
  const [member = ""] = rest;
  const type = surface.checker.getDeclaredTypeOfSymbol(found.symbol);
  // What is written `[Symbol.dispose]` goes by a name of the compiler's that begins so.
  return member.startsWith("@")
    ? type.getApparentProperties().find(({ name: given }) => given.startsWith(`__${member}@`))
    : type.getApparentProperties().find(({ name: given }) => given === member);
}

describe.each(sections)("$title", ({ entry, methods }) => {
  const exports = surface.exportsOf(sources[entry]);

  test.each(methods)("$tokio", ({ ours }) => {
    const missing = ours.filter((member) => find(exports, member.split(".")) === undefined);
    expect(missing).toEqual([]);
  });
});

test("the page says what the data says", async () => {
  expect(readFileSync(guide, "utf8")).toBe(await tokioPage());
});

test("the look-up can fail", () => {
  const exports = surface.exportsOf(sources.channels);
  for (const path of ["mpsc.Sender.sendd", "mpsc.Sendr", "mpsc.Sender.@asyncIterator"]) {
    expect(find(exports, path.split("."))).toBeUndefined();
  }
});
