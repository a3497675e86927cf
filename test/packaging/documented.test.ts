import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { writtenEntryPoints } from "../../scripts/entries.js";
import { loadSurface, type Exported, type Surface } from "../../scripts/surface.js";

const entries = writtenEntryPoints();
let surface: Surface;
beforeAll(() => {
  surface = loadSurface(entries.map(({ source }) => source));
}, 60_000);

const isInternal = (symbol: ts.Symbol): boolean => symbol.getJsDocTags().some(({ name }) => name === "internal");

/** What `visit` finds wrong with any public symbol, each once. */
function findings(visit: (name: string, symbol: ts.Symbol) => readonly string[]): readonly string[] {
  const look = ({ name, symbol, members = [] }: Exported): readonly string[] =>
    isInternal(symbol) ? [] : [...visit(name, symbol), ...members.flatMap(look)];
  return [...new Set(entries.flatMap(({ source }) => surface.exportsOf(source).flatMap(look)))];
}

test("every public function and class shows itself in an @example", () => {
  const missing = findings((name, symbol) => {
    const isShown = symbol.getJsDocTags().some((tag) => tag.name === "example");
    return isShown || (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) === 0 ? [] : [name];
  });
  expect(missing).toEqual([]);
});

// TypeDoc sees to the rest; it cannot tell these from the fields of a literal type, which speak for themselves.
test("every property of a public interface or class says what it means", () => {
  const missing = findings((name, symbol) => {
    if ((symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) === 0) return [];
    const own = surface.checker.getDeclaredTypeOfSymbol(symbol).getProperties().filter(isDeclaredIn(symbol));
    const undocumented = own.filter(
      (property) => property.getDocumentationComment(surface.checker).length === 0 && !isInternal(property),
    );
    return undocumented.map((property) => `${name}.${property.name}`);
  });
  expect(missing).toEqual([]);
});

/** A property of its own: neither private, nor an override, whose meaning is the base's. */
function isDeclaredIn(owner: ts.Symbol): (property: ts.Symbol) => boolean {
  return ({ name, flags, declarations = [] }) =>
    (flags & ts.SymbolFlags.Property) !== 0 &&
    !/^(~|#)/.test(name) &&
    declarations.some(
      (declaration) =>
        owner.declarations?.some((home) => home === declaration.parent) === true &&
        (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Override) === 0,
    );
}
