import ts from "typescript";
import { expect, test } from "vitest";
import { writtenEntryPoints } from "../../scripts/entries.js";
import { loadSurface, type Exported } from "../../scripts/surface.js";

/** Functions and classes without an example, as `name (entry)`. */
function* withoutExample(exported: readonly Exported[], entry: string): Generator<string> {
  for (const { name, symbol, members } of exported) {
    if (members !== undefined) yield* withoutExample(members, `${entry}, ${name}`);
    if ((symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) === 0) continue;
    const tags = symbol.getJsDocTags().map((tag) => tag.name);
    if (!tags.includes("example") && !tags.includes("internal")) yield `${name} (${entry})`;
  }
}

test("every public function and class shows itself in an @example", () => {
  const entries = writtenEntryPoints();
  const surface = loadSurface(entries.map(({ source }) => source));
  const missing = entries.flatMap(({ specifier, source }) => [...withoutExample(surface.exportsOf(source), specifier)]);
  expect(missing).toEqual([]);
}, 60_000);
