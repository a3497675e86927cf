import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { referencePages } from "../../scripts/reference.js";

test("the pages of channels and errors are what the source says (`npm run reference -- --write`)", async () => {
  for (const { file, text } of await referencePages()) expect(readFileSync(file, "utf8")).toBe(text);
});

test("what `observe` knows are the channels in the source", async () => {
  const [page] = await referencePages();
  const channels = [...(page?.text ?? "").matchAll(/^\| `(keelson:[\w:]+)` +\| (.+?) +\| \[(\w+)\]/gm)];
  const known = [
    ...readFileSync("src/telemetry/diagnostic-events.ts", "utf8").matchAll(
      /\/\*\* (.+) \*\/\n {2}readonly "(keelson:[\w:]+)": (\w+);/g,
    ),
  ];
  const byName = (a: readonly (string | undefined)[], b: readonly (string | undefined)[]): number =>
    (a[0] ?? "").localeCompare(b[0] ?? "");
  expect(known.map(([, when, name, payload]) => [name, when, payload]).sort(byName)).toEqual(
    channels.map(([, name, when, payload]) => [name, when, payload]).sort(byName),
  );
});
