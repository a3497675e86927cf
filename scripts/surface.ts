/**
 * What an entry point offers, as the compiler sees it: every exported symbol with aliases followed.
 *
 * @module
 */
import ts from "typescript";

/** One exported name. */
export interface Exported {
  readonly name: string;
  readonly symbol: ts.Symbol;
  /** The exports of a namespace made with `export * as name`. */
  readonly members?: readonly Exported[];
}

/** A program that knows how to read the exports of its files. */
export interface Surface {
  readonly checker: ts.TypeChecker;
  exportsOf(file: string): readonly Exported[];
}

/** Loads `files` with the options of tsconfig.json. */
export function loadSurface(files: readonly string[]): Surface {
  const { config } = ts.readConfigFile("tsconfig.json", (path) => ts.sys.readFile(path)) as { config: object };
  const { options } = ts.parseJsonConfigFileContent({ ...config, files }, ts.sys, ".");
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();

  const read = (module: ts.Symbol): readonly Exported[] =>
    checker
      .getExportsOfModule(module)
      .map((alias) => {
        const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias;
        const isModule = symbol.declarations?.some(ts.isSourceFile) ?? false;
        return { name: alias.name, symbol, ...(isModule ? { members: read(symbol) } : {}) };
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1));

  return {
    checker,
    exportsOf(file) {
      const source = program.getSourceFile(file);
      if (source === undefined) throw new Error(`${file} is missing; is the package built?`);
      const module = checker.getSymbolAtLocation(source);
      return module === undefined ? [] : read(module);
    },
  };
}
