import { existsSync, readFileSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describe, expect, test } from "vitest";
import { entryPoints } from "../../scripts/entries.js";

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));
const manifest = read("package.json") as {
  readonly exports: Readonly<Record<string, string | object>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
};
const layers = read("layers.json") as {
  readonly imports: Readonly<Record<string, readonly string[]>>;
  readonly doors: Readonly<Record<string, string>>;
};
const entries = entryPoints();
const sources = entries.map(({ source }) => source).sort();

describe("every list of entry points is the one in exports", () => {
  test("the folders of src", () => {
    const indexes = globSync(["src/index.ts", "src/*/index.ts", "src/{store/drivers,telemetry}/*/index.ts"]);
    expect(indexes.sort()).toEqual(sources.filter((file) => file.endsWith("index.ts")));
    expect(sources.filter((file) => !existsSync(file))).toEqual([]);
  });

  test("TypeDoc", () => {
    const { entryPoints: documented } = read("typedoc.json") as { readonly entryPoints: readonly string[] };
    expect([...documented].sort()).toEqual(sources);
  });

  test("size-limit", () => {
    const limits = read(".size-limit.json") as readonly { readonly name: string; readonly path: string }[];
    const whole = limits.filter(({ name }) => !name.startsWith("import "));
    const built = entries.map(({ specifier, declarations }) => [specifier, declarations.replace(/\.d\.ts$/, ".js")]);
    expect(whole.map(({ name, path }) => [name, path])).toEqual(built);
  });

  test("the API reports", () => {
    const reports = globSync("api/*.api.md").map((file) => file.slice("api/".length, -".api.md".length));
    expect(reports.sort()).toEqual(entries.map(({ slug }) => slug).sort());
  });

  test("the layers", () => {
    const folders = new Set(sources.filter((file) => file !== "src/index.ts").map((file) => file.split("/")[1]));
    expect(Object.keys(layers.imports)).toEqual(expect.arrayContaining([...folders]));
  });
});

test("a package is built before it is packed, from a clone as in a release", () => {
  expect(manifest.scripts["prepack"]).toBe("npm run build");
});

test("each entry has types before its default, so that resolvers meet them first", () => {
  for (const target of Object.values(manifest.exports).filter((value) => typeof value !== "string")) {
    expect(Object.keys(target)).toEqual(["types", "default"]);
  }
});

test("layers only name layers, and no two import each other", () => {
  const reaches = (from: string, to: string): boolean =>
    (layers.imports[from] ?? []).some((next) => next === to || reaches(next, to));
  for (const [layer, allowed] of Object.entries(layers.imports)) {
    expect(Object.keys(layers.imports)).toEqual(expect.arrayContaining([...allowed]));
    expect(allowed.filter((other) => reaches(other, layer))).toEqual([]);
  }
});

test("every runtime dependency and peer has exactly one door, and the door exists", () => {
  const vendors = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies)];
  expect(Object.keys(layers.doors).sort()).toEqual(vendors.sort());
  expect(Object.values(layers.doors).filter((door) => !existsSync(door))).toEqual([]);
});

test("every peer is optional: nobody installs what they do not use", () => {
  const optional = Object.entries(manifest.peerDependenciesMeta).filter(([, meta]) => meta.optional);
  expect(optional.map(([name]) => name).sort()).toEqual(Object.keys(manifest.peerDependencies).sort());
});
