import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { env, execPath } from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const main = "examples/quickstart/main.ts";
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keelson-quickstart-test-"));
  await cp("examples/quickstart", folder, { recursive: true });
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Processes with this test's folder in their environment. */
async function left(): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const marks = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, "utf8").catch(() => "")));
  return pids.filter((_, index) => marks[index]?.includes(`KEELSON_TEST=${folder}\0`));
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function run(onLine?: (line: string, child: ChildProcess) => void): Promise<Ended> {
  const args = ["--import", "tsx", main, "--manifest", join(folder, "manifest.json")];
  const child = spawn(execPath, args, { env: { ...env, KEELSON_TEST: folder }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const take = (chunk: Buffer): void => {
    output += chunk.toString();
    onLine?.(output, child);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return new Promise((done) =>
    child.once("close", (code) => {
      done({ code, output });
    }),
  );
}

describe.runIf(process.platform === "linux")("the quickstart", () => {
  it("shows all of it, ends with 0 and leaves no process behind", { timeout: 120_000 }, async () => {
    const { code, output } = await run();
    expect(output).toContain("nothing is left behind");
    expect(code).toBe(0);
    expect(await left()).toEqual([]);
  });

  it("ends in good order on Ctrl-C, with a code other than 0 and no process left", { timeout: 120_000 }, async () => {
    let sent = false;
    const { code } = await run((output, child) => {
      if (sent || !output.includes("phase=Running")) return;
      sent = true;
      child.kill("SIGINT");
    });
    expect(sent).toBe(true);
    expect(code).not.toBe(0);
    expect(await left()).toEqual([]);
  });

  it("names the file and what is wrong when the manifest is not JSON", { timeout: 60_000 }, async () => {
    await writeFile(join(folder, "manifest.json"), "{ nodes: ");
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toMatch(/^\S+manifest\.json: is not JSON: .*\n$/);
  });
});
