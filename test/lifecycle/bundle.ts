import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll } from "vitest";

/** A program of `fixtures/` as one plain file: a process that runs it starts in a tenth of the time. */
export function bundled(fixture: string): string {
  const folder = mkdtempSync(join(tmpdir(), "keelson-lifecycle-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const outfile = join(folder, `${fixture}.mjs`);
  buildSync({
    entryPoints: [fileURLToPath(new URL(`fixtures/${fixture}.ts`, import.meta.url))],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    tsconfig: "tsconfig.json",
    logLevel: "error",
  });
  return outfile;
}
