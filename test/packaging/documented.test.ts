import ts from "typescript";
import { expect, test } from "vitest";
import type { Exported } from "../../scripts/surface.js";
import { entries, surface } from "../support/surface.js";

const isInternal = (symbol: ts.Symbol): boolean => symbol.getJsDocTags().some(({ name }) => name === "internal");

/** What `visit` finds wrong with any public symbol of these entry points, each once. */
function findings(
  of: typeof entries,
  visit: (name: string, symbol: ts.Symbol) => readonly string[],
): readonly string[] {
  const look = ({ name, symbol, members = [] }: Exported): readonly string[] =>
    isInternal(symbol) ? [] : [...visit(name, symbol), ...members.flatMap(look)];
  return [...new Set(of.flatMap(({ source }) => surface.exportsOf(source).flatMap(look)))];
}

test("every public function and class shows itself in an @example", () => {
  const missing = findings(entries, (name, symbol) => {
    const isShown = symbol.getJsDocTags().some((tag) => tag.name === "example");
    return isShown || (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) === 0 ? [] : [name];
  });
  expect(missing).toEqual([]);
});

// TypeDoc sees to the rest; it cannot tell these from the fields of a literal type, which speak for themselves.
test("every property of a public interface or class says what it means", () => {
  const missing = findings(entries, (name, symbol) => {
    if ((symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.Class)) === 0) return [];
    const own = surface.checker.getDeclaredTypeOfSymbol(symbol).getProperties().filter(isDeclaredIn(symbol));
    const undocumented = own.filter(
      (property) => property.getDocumentationComment(surface.checker).length === 0 && !isInternal(property),
    );
    return undocumented.map((property) => `${name}.${property.name}`);
  });
  expect(missing).toEqual([]);
});

/** Whoever gives up on one of these must know what that loses. */
const waiting = entries.filter(({ source }) => /^src\/(channels|sync|time|tasks)\/index\.ts$/.test(source));

test("every wait on a channel, a lock, a clock or a task tells of its cancel safety", () => {
  const { checker } = surface;
  const isWait = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).some((declaration) =>
      checker
        .getTypeOfSymbolAtLocation(symbol, declaration)
        .getCallSignatures()
        .some(
          (call) =>
            call.parameters.length > 0 &&
            /^(Promise|AsyncIterable(Iterator)?)</.test(checker.typeToString(call.getReturnType())),
        ),
    );
  const tells = (symbol: ts.Symbol): boolean =>
    symbol.getJsDocTags(checker).some(({ text }) => ts.displayPartsToString(text).includes("**Cancel safety.**"));
  const silent = findings(waiting, (name, symbol) => {
    const members =
      symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)
        ? checker.getDeclaredTypeOfSymbol(symbol).getProperties()
        : [];
    return [symbol, ...members]
      .filter((candidate) => isWait(candidate) && !tells(candidate))
      .map((candidate) => (candidate === symbol ? name : `${name}.${candidate.name}`));
  });
  expect(waiting).toHaveLength(4);
  expect(silent).toEqual([]);
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
