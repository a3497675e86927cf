import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { type ReferencePage, referencePages } from "../../scripts/reference.js";

let pages: readonly ReferencePage[];
beforeAll(async () => {
  pages = await referencePages();
});

test("the pages of channels and errors are what the source says (`npm run reference -- --write`)", () => {
  for (const { file, text } of pages) expect(readFileSync(file, "utf8")).toBe(text);
});

test("what `observe` knows are the channels in the source", () => {
  const [page] = pages;
  const pairs = (text: string, pattern: RegExp): readonly string[] =>
    Array.from(text.matchAll(pattern), ([, name = "", payload = ""]) => `${name}: ${payload}`).sort();
  const known = readFileSync("src/telemetry/diagnostic-events.ts", "utf8");
  expect(pairs(known, /readonly "(keelson:[\w:]+)": (\w+);/g)).toEqual(
    pairs(page?.text ?? "", /^\| `(keelson:[\w:]+)` +\| .+? +\| \[(\w+)\]/gm),
  );
});
