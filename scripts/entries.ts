/**
 * The package's entry points, as `exports` of package.json names them: the one list that scripts and tests read.
 *
 * @module
 */
import { existsSync, readFileSync } from "node:fs";

/** One public entry point. */
export interface Entry {
  /** As a user imports it: `keelson/channels`. */
  readonly specifier: string;
  /** As a file name: `channels`, `store-memory`; the root is `index`. */
  readonly slug: string;
  /** The source it is built from. */
  readonly source: string;
  /** Its declarations, once built. */
  readonly declarations: string;
}

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly types: string; readonly default: string }>>;
}

/** Every entry point in the order of `exports`. */
export function entryPoints(): readonly Entry[] {
  const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
  return Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === "string") return [];
    const source = target.types.replace(/^\.\/dist\/(.+)\.d\.ts$/, "src/$1.ts");
    const name = subpath.slice(2);
    return [
      {
        specifier: name === "" ? "keelson" : `keelson/${name}`,
        slug: name === "" ? "index" : name.replaceAll("/", "-"),
        source,
        declarations: target.types.slice(2),
      },
    ];
  });
}

/** Those whose source exists; a new entry point may be declared before it is written. */
export function writtenEntryPoints(): readonly Entry[] {
  return entryPoints().filter(({ source }) => existsSync(source));
}
