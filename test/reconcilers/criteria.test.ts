import { readFile, readdir } from "node:fs/promises";
import { expect, it } from "vitest";

/** How many numbered lines each part of the acceptance criteria has. */
const criteria = { R0: 8, R1: 9, R2: 12, R5: 7, R6: 6, R9: 7, R11: 5 } as const;
const single = ["R7.5"];

it("each line of the acceptance criteria has a test named after it", async () => {
  const folder = new URL("./", import.meta.url);
  const files = (await readdir(folder)).filter((name) => name.endsWith(".test.ts"));
  const texts = await Promise.all(files.map((name) => readFile(new URL(name, folder), "utf8")));
  const titles = texts.flatMap(
    (text) => text.match(/(?<=(?:\b(?:it|test|describe)\b|\)\(|\n)[^\n"]*")R\d[^"]*/g) ?? [],
  );
  const named = new Set(titles.flatMap((title) => title.match(/\bR\d+\.\d+\b/g) ?? []));
  const lines = Object.entries(criteria).flatMap(([part, count]) =>
    Array.from({ length: count }, (_, index) => `${part}.${String(index + 1)}`),
  );
  const missing = [...lines, ...single].filter((line) => !named.has(line));
  expect(missing).toEqual([]);
});
