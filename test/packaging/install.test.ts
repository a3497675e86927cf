import { build } from "esbuild";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { env, execPath } from "node:process";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { entryPoints } from "../../scripts/entries.js";
import { describeUnless } from "../support/when.js";

const specifiers = entryPoints().map(({ specifier }) => specifier);
const compilers = ["5.4", "5.9", "6.0", "7.0"];
const resolutions = [
  ["nodenext", "nodenext"],
  ["esnext", "bundler"],
] as const;
/** How long a package manager and compilers may take, on a slow machine. */
const patience = 600_000;

describeUnless(
  env["KEELSON_PACKAGE"] === "1" ? undefined : "npm run test:package runs it",
  "the packed package, installed into an empty project",
  () => {
    let project: string;

    const node = (file: string, text: string): { readonly stdout: string; readonly stderr: string } => {
      writeFileSync(join(project, file), text);
      const { stdout, stderr } = spawnSync(execPath, [file], { cwd: project, encoding: "utf8" });
      return { stdout, stderr };
    };

    beforeAll(() => {
      project = mkdtempSync(join(tmpdir(), "keelson-consumer-"));
      writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
      const [{ filename }] = JSON.parse(
        execFileSync("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", project], {
          encoding: "utf8",
        }),
      ) as [{ filename: string }];
      const aliases = compilers.map((version) => `ts${version}@npm:typescript@~${version}.0`);
      const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", `./${filename}`, ...aliases];
      execFileSync("npm", install, { cwd: project, stdio: "pipe" });
    }, patience);

    afterAll(() => {
      rmSync(project, { recursive: true, force: true });
    });

    test("every entry loads by import and by require, as the same module, silently", () => {
      const { stdout, stderr } = node(
        "load.mjs",
        `import { createRequire } from "node:module";
         const require = createRequire(import.meta.url);
         const same = [];
         for (const name of ${JSON.stringify(specifiers)}) same.push((await import(name)) === require(name));
         console.log(JSON.stringify(same));`,
      );
      expect(stderr).toBe("");
      expect(JSON.parse(stdout)).toEqual(specifiers.map(() => true));
    });

    test("an error class is one class, whichever entry it comes from", () => {
      const { stdout, stderr } = node(
        "identity.mjs",
        `const seen = new Map();
         const shared = new Set(), torn = new Set();
         for (const name of ${JSON.stringify(specifiers)}) {
           for (const [key, value] of Object.entries(await import(name))) {
             if (!key.endsWith("Error")) continue;
             if (!seen.has(key)) seen.set(key, value);
             else (seen.get(key) === value ? shared : torn).add(key);
           }
         }
         console.log(JSON.stringify({ shared: shared.size, torn: [...torn] }));`,
      );
      expect(stderr).toBe("");
      const { shared, torn } = JSON.parse(stdout) as { shared: number; torn: readonly string[] };
      expect(torn).toEqual([]);
      expect(shared).toBeGreaterThan(0);
    });

    // A consumer with neither @types/node nor skipLibCheck; `dom` stands for whatever declares AbortSignal.
    const compile = (
      version: string,
      module: string,
      moduleResolution: string,
      imported: readonly string[],
    ): string => {
      const config = { strict: true, noEmit: true, skipLibCheck: false, target: "es2022", lib: ["es2022", "dom"] };
      const compilerOptions = { ...config, types: [], module, moduleResolution };
      writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
      const lines = imported.map((name, index) => `export * as entry${index} from "${name}";`);
      writeFileSync(join(project, "consumer.ts"), lines.join("\n"));
      const compiler = join("node_modules", `ts${version}`, "bin", "tsc");
      return spawnSync(execPath, [compiler, "-p", "."], { cwd: project, encoding: "utf8" }).stdout;
    };

    test.each(compilers.flatMap((version) => resolutions.map((resolution) => [version, ...resolution] as const)))(
      "its types compile under TypeScript %s with module %s, resolution %s",
      (version, module, moduleResolution) => {
        expect(compile(version, module, moduleResolution, specifiers)).toBe("");
      },
      patience,
    );

    test.each(specifiers)(
      "the types of %s compile alone",
      (specifier) => {
        expect(compile("7.0", "nodenext", "nodenext", [specifier])).toBe("");
      },
      patience,
    );

    test("a bundle of mpsc is small and holds no other channel", async () => {
      const { metafile, outputFiles } = await build({
        stdin: { contents: `export { mpsc } from "keelson/channels";`, resolveDir: project },
        bundle: true,
        minify: true,
        format: "esm",
        metafile: true,
        write: false,
      });
      const kept = Object.entries(Object.values(metafile.outputs)[0]?.inputs ?? {});
      const files = kept.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
      expect(files.filter((file) => /channels\/(watch|broadcast|oneshot)/.test(file))).toEqual([]);
      expect(files.filter((file) => file.includes("channels/mpsc"))).not.toEqual([]);
      expect(gzipSync(outputFiles[0]?.contents ?? "").length).toBeLessThanOrEqual(6000);
    });

    test("the tarball holds what a user needs and nothing else", () => {
      const installed = join(project, "node_modules/keelson");
      const read = (file: string): string => readFileSync(join(installed, file), "utf8");
      expect(read("LICENSE")).toBe(readFileSync(resolve("LICENSE"), "utf8"));
      expect(() => read("tsconfig.json")).toThrow("ENOENT");
      expect(() => read("src/core/runtime.ts")).toThrow("ENOENT");
    });
  },
);
