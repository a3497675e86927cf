import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { systemRuntime } from "keelson/core";
import {
  type InProcessOptions,
  type WorkloadRuntime,
  childProcessRuntime,
  inProcessRuntime,
  workerRuntime,
} from "keelson/reconcilers";
import { workloadRuntimeConformance } from "keelson/testing";
import { outcome } from "../support/outcome.js";
import { deaf, untilAborted } from "./agent-world.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keelson-workloads-"));
  await Promise.all(Object.entries(modules).map(([name, text]) => writeFile(join(folder, name), text)));
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

const modules = {
  "exit.mjs": "process.exit(Number(process.argv[2]));",
  "serve.mjs":
    'import { parentPort } from "node:worker_threads"; parentPort.on("message", (message) => { if (message === "keelson:stop") process.exit(0); });',
  "deaf.mjs": "console.log('deaf'); setInterval(() => {}, 1000);",
  "say.mjs": "console.log(process.argv[2]);",
  "throws.mjs": 'throw new Error("out of paper");',
  "half.mjs": "process.stdout.write(Buffer.of(0xc3), () => process.stdout.write(Buffer.of(0xa9)));",
  "greedy.mjs": "const hold = []; for (;;) hold.push(new Array(100_000).fill(0));",
};

const functions: InProcessOptions["functions"] = {
  exit: ({ args }) => Number(args[0]),
  serve: ({ signal }) => untilAborted(signal),
  deaf,
  say: ({ args, log }) => {
    log(args[0] ?? "");
    return 0;
  },
};

type Patient = Pick<InProcessOptions, "stateDir" | "runtime">;

/** An id of a run; each test has its own. */
const run = (uid: string): { readonly uid: string; readonly restart: number } => ({ uid, restart: 0 });

async function exitOf(
  runtime: WorkloadRuntime,
  uid: string,
  command: readonly string[],
  memory?: number,
): Promise<unknown> {
  const ends = runtime.events();
  const resources = memory === undefined ? {} : { memory };
  await runtime.start({ ...run(uid), command, env: {}, cwd: folder, resources });
  for await (const { exit } of ends) return exit;
  throw new Error("it ended without a word");
}

describe("R9.1 inProcessRuntime", () => {
  workloadRuntimeConformance({
    test: it,
    open: () => inProcessRuntime({ functions, stateDir: join(folder, "functions") }),
    programs: {
      exit: (code) => ["exit", String(code)],
      serve: ["serve"],
      deaf: ["deaf"],
      say: (line) => ["say", line],
    },
  });

  it("R9.4 takes a throw for exit code 1, and writes it to the errors", async () => {
    const stateDir = join(folder, "failing");
    const failing = (): never => {
      throw new Error("out of paper");
    };
    const runtime = inProcessRuntime({ functions: { failing }, stateDir });
    expect(await exitOf(runtime, "u1", ["failing"])).toEqual({ code: 1, message: "out of paper" });
    expect(await readFile(join(stateDir, "u1", "0", "stderr.log"), "utf8")).toBe("out of paper\n");
  });

  it.each([
    ["a function", (options: Patient) => inProcessRuntime({ functions, ...options }), ["serve"]],
    ["a worker", workerRuntime, ["serve.mjs"]],
  ])("there is output, if none yet, of %s that was started, however slow the disk", async (what, open, command) => {
    const system = systemRuntime();
    const real = system.real.bind(system);
    const slow = vi.spyOn(system, "real").mockImplementation(async (work) => {
      await system.sleep(20);
      return await real(work);
    });
    const stateDir = join(folder, what);
    const runtime = open({ stateDir, runtime: system });
    await runtime.start({ ...run("u1"), command, env: {}, cwd: folder });
    expect(await readdir(join(stateDir, "u1"))).toEqual(["0"]);
    await runtime.stop(run("u1"), 60_000);
    slow.mockRestore();
  });

  it("puts a full file aside, and keeps three", async () => {
    const stateDir = join(folder, "chatty");
    const chatty: InProcessOptions["functions"][string] = ({ log }) => {
      for (let line = 0; line < 100; line += 1) log(`line ${String(line).padStart(4, "0")}`);
    };
    const runtime = inProcessRuntime({ functions: { chatty }, stateDir, logs: { maxBytes: 100 } });
    await exitOf(runtime, "u1", ["chatty"]);
    const kept = await Promise.all(
      ["stdout.log.2", "stdout.log.1", "stdout.log"].map((name) => readFile(join(stateDir, "u1", "0", name), "utf8")),
    );
    const lines = kept.join("").trim().split("\n");
    expect(lines.at(-1)).toBe("line 0099");
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.map((line) => Number(line.slice(5)))).toEqual(lines.map((_, index) => 100 - lines.length + index));
    for (const text of kept) expect(text.length).toBeLessThanOrEqual(110);
    expect(await outcome(readFile(join(stateDir, "u1", "0", "stdout.log.3")))).toMatchObject({ code: "ENOENT" });
  });

  it("refuses what is no function", () => {
    const broken = { functions: { web: "web" } } as unknown as InProcessOptions;
    expect(() => inProcessRuntime(broken)).toThrow('Expected `functions.web` to be a function, got "web"');
  });
});

describe("R9.1 workerRuntime", () => {
  workloadRuntimeConformance({
    test: it,
    open: () => workerRuntime({ stateDir: join(folder, "workers") }),
    get cwd() {
      return folder;
    },
    programs: {
      exit: (code) => ["exit.mjs", String(code)],
      serve: ["serve.mjs"],
      deaf: ["deaf.mjs"],
      say: (line) => ["say.mjs", line],
    },
  });

  it("R9.4 tells what a worker threw", async () => {
    expect(await exitOf(workerRuntime(), "u1", ["throws.mjs"])).toEqual({ code: 1, message: "out of paper" });
  });

  it("keeps characters whole that a worker writes in two halves", async () => {
    const stateDir = join(folder, "halves");
    await exitOf(workerRuntime({ stateDir }), "u1", ["half.mjs"]);
    expect(await readFile(join(stateDir, "u1", "0", "stdout.log"), "utf8")).toBe("é");
  });

  it("R9.4 tells that a worker has run out of memory", async () => {
    expect(await exitOf(workerRuntime(), "u1", ["greedy.mjs"], 16 * 1_048_576)).toMatchObject({ reason: "OOMKilled" });
  });
});

describe.runIf(process.platform === "linux")("R9.1 childProcessRuntime", () => {
  workloadRuntimeConformance({
    test: it,
    open: () => childProcessRuntime({ stateDir: join(folder, "processes"), pollMs: 5 }),
    programs: {
      exit: (code) => ["sh", "-c", `exit ${String(code)}`],
      serve: ["sleep", "1000"],
      deaf: ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"],
      say: (line) => ["echo", line],
    },
  });
});
