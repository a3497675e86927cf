/** Builds a thread's code for tests and examples that run from source; a package has it built. */
const { buildSync } = require("esbuild");
const { mkdirSync, renameSync, writeFileSync } = require("node:fs");
const { createHash } = require("node:crypto");
const { join } = require("node:path");
const { pid } = require("node:process");
const { fileURLToPath, pathToFileURL } = require("node:url");

const built = new Map();

/** Where the built form of a source is. */
module.exports = (source) => {
  const known = built.get(source.href);
  if (known !== undefined) return known;
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
    target: "node20.19",
  });
  const [{ contents }] = outputFiles;
  const folder = join(module.path, "../node_modules/.cache/keelson");
  const file = join(folder, `${createHash("sha256").update(contents).digest("hex").slice(0, 16)}.mjs`);
  mkdirSync(folder, { recursive: true });
  // Several processes may build at once; none may start what another has half written.
  writeFileSync(`${file}.${pid}`, contents);
  renameSync(`${file}.${pid}`, file);
  const location = pathToFileURL(file);
  built.set(source.href, location);
  return location;
};
