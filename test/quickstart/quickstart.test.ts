import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
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

const manifest = (): string => join(folder, "manifest.json");

interface EditableDeployment {
  name: string;
  readonly spec: { readonly template: { readonly labels: object; readonly spec: object } };
  sepc?: object;
}

interface Editable {
  readonly nodes: [{ capacity: { cpu: number } }, { capcity?: number }];
  deployments: EditableDeployment[];
}

async function edit(change: (json: Editable) => void): Promise<void> {
  const json = JSON.parse(await readFile(manifest(), "utf8")) as Editable;
  change(json);
  await writeFile(manifest(), JSON.stringify(json));
}

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

function run(onLine?: (line: string, child: ChildProcess) => void, ...flags: readonly string[]): Promise<Ended> {
  const args = ["--import", "tsx", main, "--manifest", manifest(), ...flags];
  const child = spawn(execPath, args, { env: { ...env, KEELSON_TEST: folder }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const take = (chunk: string): void => {
    output += chunk;
    onLine?.(output, child);
  };
  child.stdout.setEncoding("utf8").on("data", take);
  child.stderr.setEncoding("utf8").on("data", take);
  return new Promise((done) =>
    child.once("close", (code) => {
      done({ code, output });
    }),
  );
}

describe.runIf(process.platform === "linux")("the quickstart", () => {
  it("shows all of it, ends with 0 and leaves no process behind", async () => {
    const { code, output } = await run(undefined, "--timeout", "1m");
    expect(output).toContain("nothing is left behind");
    expect(code).toBe(0);
    await expect.poll(left).toEqual([]);
  });

  it("ends in good order on Ctrl-C, with a code other than 0 and no process left", async () => {
    let sent = false;
    const { code } = await run((output, child) => {
      if (sent || !output.includes("phase=Running")) return;
      sent = true;
      child.kill("SIGINT");
    });
    expect(sent).toBe(true);
    expect(code).not.toBe(0);
    await expect.poll(left).toEqual([]);
  });

  it("names the file and what is wrong when the manifest is not JSON", async () => {
    await writeFile(manifest(), "{ nodes: ");
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output).toMatch(/^\S+manifest\.json: is not JSON: .*\n$/);
  });

  it("names each field of the manifest that is wrong, with its value", async () => {
    await edit((json) => {
      json.nodes[0].capacity.cpu = -5;
      json.nodes[1].capcity = 1;
      const [web, worker] = json.deployments as [EditableDeployment, EditableDeployment];
      web.sepc = {};
      worker.name = "";
    });
    const { code, output } = await run();
    expect(code).toBe(1);
    expect(output.trim().split("\n")).toEqual([
      `${manifest()}: nodes[0].capacity.cpu: expected a number of at least 0, got \`-5\``,
      `${manifest()}: nodes[1].capcity: unknown field (did you mean "capacity"?), got \`1\``,
      `${manifest()}: deployments[0].sepc: unknown field (did you mean "spec"?), got an object`,
      `${manifest()}: deployments[1].name: expected a string of at least 1 character, got ""`,
    ]);
  });

  it("says what is wrong with single deployments, and runs the others", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    await edit((json) => {
      const [web, worker] = json.deployments as [EditableDeployment, EditableDeployment];
      const { template } = web.spec;
      const webWith = (name: string, spec: object): EditableDeployment => ({ name, spec: { ...web.spec, ...spec } });
      const running = (spec: object): object => ({
        replicas: 1,
        template: { labels: template.labels, spec: { ...template.spec, ...spec } },
      });
      json.deployments = [
        worker,
        webWith("misspelt", { replica: 3 }),
        webWith("negative", { replicas: -2 }),
        webWith("missing", running({ command: ["no-such-program"] })),
        webWith("taken", running({ port })),
      ];
    });
    const { code, output } = await run();
    taken.close();
    expect(code).toBe(1);
    const lines = output.split("\n").map((line) => line.trim());
    const file = manifest();
    expect(lines).toContain(
      `✗ ${file}: deployments[1].spec.replica: unknown field (did you mean "replicas"?), got \`3\``,
    );
    expect(lines).toContain(`✗ ${file}: deployments[2].spec.replicas: expected an integer of at least 0, got \`-2\``);
    const found = (text: string): string | undefined => lines.find((line) => line.startsWith(`${file}: ${text}`));
    expect(found('deployments[3].spec.template.spec.command[0]: no such program: "no-such-program"')).toBeDefined();
    expect(found(`deployments[4].spec.template.spec.port: ${String(port)} is in use`)).toBeDefined();
    expect(lines.filter((line) => /^worker-\S+ node=\S+ phase=Running ready=yes/.test(line))).not.toEqual([]);
    await expect.poll(left).toEqual([]);
  });
});
